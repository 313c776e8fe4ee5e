:step_{{ number }}
set STEP={{ number }}
set TITLE={{ title }}
set MARK={{ mark }}
call :is_done
if not errorlevel 1 goto :end_{{ number }}
if "%PASSED%"=="{{ number }}" goto :passed_{{ number }}
call :say person
echo {{ who }}
{% for text in check %}echo [ ] {{ text }}
{% endfor %}echo then: {{ expect }}
exit /b 2
:passed_{{ number }}
call :done
:end_{{ number }}
