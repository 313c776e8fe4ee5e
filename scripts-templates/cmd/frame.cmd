@echo off
rem Written by Standin from data, for hosts without PowerShell; standin runbook show tells the same steps. Edits are found and kept.
rem Ends with 0: done; 2: a person is needed; 3: a step failed, those before it are done; 4: refused, a server that
rem has to be out is alive, or it is not known whether it is.
rem Arguments: none begins anew; resume goes on; resume passed NUMBER goes on behind that step, which a person has seen to.
rem Whether a server is silent is asked once more when the script is resumed.
setlocal EnableExtensions DisableDelayedExpansion
cd /d "%~dp0"
rem A variable of this name would hide what programs end with, which is less than 0 where they crash. Without find nothing is known.
set ERRORLEVEL=
find.exe "exit" <"%~nx0" >nul
if not %errorlevel%==0 exit /b 3
set RESUME=
set PASSED=
set OUT=
set SILENT=
rem Hosts of the pair beside the two servers: as long as one of them answers, our own network is there.
set WITNESSES={{ witnesses }}
if /i "%~1"=="resume" set RESUME=1
if /i "%~2"=="passed" set PASSED=%~3
set STEP=0
set TITLE={{ name }}
rem What was done on another night counts for nothing.
if not defined RESUME if exist {{ done }} del {{ done }}
if not defined RESUME if exist {{ done }} goto :failed
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
if %errorlevel%==0 exit /b 0
exit /b 1

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

:unknown
call :say unknown
call :because
goto :refused

:alive
call :say alive

:refused
echo once a person has seen that the server is out: resume passed %STEP%
exit /b 4

:passed
set OUT=%ADDRESSES%
call :say passed
exit /b 0

:because
echo %date% %time% %STEP% because %WHY%
>>{{ log }} echo %date% %time% %STEP% because %WHY%
exit /b 0

rem Nothing below is piped: cmd would expand what is in a name once more.

rem Ends with 0 where the server at these addresses is silent, with 1 where it answers, with 2 where that is not known.
:is_silent
set WHY=it was silent just before
if "%SILENT%"=="%ADDRESSES%" goto :silent
set WHY=it has no address
if not defined ADDRESSES exit /b 2
set STATE=silent
for %%A in (%ADDRESSES%) do call :ask %%A
if "%STATE%"=="alive" exit /b 1
if "%STATE%"=="unknown" exit /b 2
set WHY=it answers nothing; the pair has nobody else who could be asked
if not defined WITNESSES goto :silent
for %%A in (%WITNESSES%) do call :ask %%A
set WHY=it answers nothing, and neither does %WITNESSES%
if not "%STATE%"=="alive" exit /b 2
set WHY=it answers nothing, and %ASKED% does
:silent
set SILENT=%ADDRESSES%
call :say silent
call :because
exit /b 0

rem One host more: alive as soon as any answers; unknown where something else than silence keeps the answer away.
:ask
if "%STATE%"=="alive" exit /b 0
set ASKED=%~1
set WHAT=what ping.exe tells of %ASKED% cannot be kept
if exist {{ state }} del {{ state }}
if exist {{ state }} goto :ask_unknown
ping.exe -n 2 -w 2000 %ASKED% >{{ state }}
find.exe "TTL=" {{ state }} >nul
if %errorlevel%==0 goto :ask_alive
rem What it counts has this sign in every language; where it counts nothing, nobody was asked.
set WHAT=ping.exe could not ask %ASKED%
find.exe "=" {{ state }} >nul
if not %errorlevel%==0 goto :ask_unknown
sc.exe \\%ASKED% query >nul
set CODE=%errorlevel%
if "%CODE%"=="0" goto :ask_alive
rem 5: who is refused was answered; 1722: nobody answered, or nobody took the call.
if "%CODE%"=="5" goto :ask_alive
if "%CODE%"=="1722" exit /b 0
set WHAT=sc.exe ended with %CODE% for %ASKED%
:ask_unknown
set WHY=%WHAT%
set STATE=unknown
exit /b 0
:ask_alive
set STATE=alive
exit /b 0

:service_start
sc.exe %SERVER% query %SERVICE% >{{ state }}
if not %errorlevel%==0 exit /b 1
find.exe "RUNNING" {{ state }} >nul
if %errorlevel%==0 exit /b 0
sc.exe %SERVER% start %SERVICE%
if not %errorlevel%==0 exit /b 1
set WANTED=RUNNING
call :service_wait
exit /b %errorlevel%

:service_stop
sc.exe %SERVER% query %SERVICE% >{{ state }}
if not %errorlevel%==0 exit /b 1
find.exe "STOPPED" {{ state }} >nul
if %errorlevel%==0 exit /b 0
if not defined SERVER net.exe stop %SERVICE% /y
if defined SERVER sc.exe %SERVER% stop %SERVICE%
if not %errorlevel%==0 exit /b 1
set WANTED=STOPPED
call :service_wait
exit /b %errorlevel%

:service_wait
set LEFT=120
:service_look
sc.exe %SERVER% query %SERVICE% >{{ state }}
if not %errorlevel%==0 goto :service_later
find.exe "%WANTED%" {{ state }} >nul
if %errorlevel%==0 exit /b 0
:service_later
set /a LEFT-=1
if %LEFT% leq 0 exit /b 1
ping.exe -n 6 127.0.0.1 >nul
goto :service_look
