set ADDRESSES={{ addresses }}
if "%PASSED%"=="{{ number }}" call :passed
if "%OUT%"=="%ADDRESSES%" goto :out_{{ number }}
call :is_silent
if errorlevel 2 goto :unknown
if not errorlevel 1 goto :end_{{ number }}
