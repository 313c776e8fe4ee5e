@echo off
rem Written by Standin from data, for hosts without PowerShell; standin runbook show tells the same steps. Edits are found and kept.
rem Ends with 0: done; 2: a person is needed; 3: a step failed, those before it are done; 4: refused, a server that has to be out is alive.
rem Arguments: none begins anew; resume goes on; resume passed NUMBER goes on behind that step, which a person has seen to.
setlocal EnableExtensions DisableDelayedExpansion
cd /d "%~dp0"
if not exist "%~nx0" exit /b 3
set RESUME=
set PASSED=
set SILENT=
if /i "%~1"=="resume" set RESUME=1
if /i "%~2"=="passed" set PASSED=%~3
if not defined RESUME if exist {{ done }} del {{ done }}
set STEP=0
set TITLE={{ name }}
call :say starts
rem >>> yours: before
rem <<< yours: before
rem <steps>
rem >>> yours: after
rem <<< yours: after
set STEP=0
set TITLE={{ name }}
call :say ends
exit /b 0

:say
echo %date% %time% %STEP% %1 %TITLE%
>>{{ log }} echo %date% %time% %STEP% %1 %TITLE%
exit /b 0

:is_done
if not defined RESUME exit /b 1
find.exe %MARK% {{ done }} >nul 2>nul
exit /b %errorlevel%

:did
>>{{ done }} echo %MARK:"=%
exit /b 0

:done
call :did
call :say done
exit /b 0

:failed
call :say failed
exit /b 3

:alive
call :say alive
exit /b 4

rem Nothing below is piped: cmd would expand what is in a name once more.
:is_silent
if "%SILENT%"=="%ADDRESS%" exit /b 0
ping.exe -n 2 -w 2000 %ADDRESS% >{{ state }}
find.exe "TTL=" {{ state }} >nul
if not errorlevel 1 exit /b 1
sc.exe \\%ADDRESS% query >nul
if not errorlevel 1 exit /b 1
set SILENT=%ADDRESS%
exit /b 0

:service_start
sc.exe %SERVER% query %SERVICE% >{{ state }}
find.exe "RUNNING" {{ state }} >nul
if not errorlevel 1 exit /b 0
sc.exe %SERVER% start %SERVICE%
if errorlevel 1 exit /b 1
set WANTED=RUNNING
call :service_wait
exit /b %errorlevel%

:service_stop
sc.exe %SERVER% query %SERVICE% >{{ state }}
find.exe "STOPPED" {{ state }} >nul
if not errorlevel 1 exit /b 0
if not defined SERVER net.exe stop %SERVICE% /y
if defined SERVER sc.exe %SERVER% stop %SERVICE%
if errorlevel 1 exit /b 1
set WANTED=STOPPED
call :service_wait
exit /b %errorlevel%

:service_wait
set LEFT=120
:service_look
sc.exe %SERVER% query %SERVICE% >{{ state }}
find.exe "%WANTED%" {{ state }} >nul
if not errorlevel 1 exit /b 0
set /a LEFT-=1
if %LEFT% leq 0 exit /b 1
ping.exe -n 6 127.0.0.1 >nul
goto :service_look
