set SERVER={% if host %}{{ unc }}{% endif %}
set SERVICE={{ object }}
call :service_start
