set MARK={{ mark }}
call :is_done
if not errorlevel 1 goto :did_{{ number }}_{{ part }}
rem <set>
call :did
:did_{{ number }}_{{ part }}
