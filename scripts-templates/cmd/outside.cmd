set STEP={{ number }}
set TITLE={{ title }}
call :say outside
