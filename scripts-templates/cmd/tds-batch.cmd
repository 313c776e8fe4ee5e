osql.exe -E -b -n -S {{ server }}{% if database %} -d {{ database }}{% endif %} -Q {{ object }}
