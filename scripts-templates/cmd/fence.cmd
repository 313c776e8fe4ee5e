set ADDRESS={{ address }}
call :is_silent
if not errorlevel 1 goto :silent_{{ number }}
