:step_{{ number }}
set STEP={{ number }}
set TITLE={{ title }}
set MARK={{ mark }}
call :is_done
if not errorlevel 1 goto :end_{{ number }}
call :say begins
rem <set>
set MARK={{ mark }}
call :done
:end_{{ number }}
