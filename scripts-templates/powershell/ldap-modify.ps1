{% for change in changes %}{% if not loop.first %} -and {% endif %}(Test-Values {{ host }} {{ object }} {{ change.mode }} {{ change.name }} {{ change.values }}){% endfor %}
# ---
{% for change in changes %}if (-not (Test-Values {{ host }} {{ object }} {{ change.mode }} {{ change.name }} {{ change.values }})) { Set-Values {{ host }} {{ object }} {{ change.mode }} {{ change.name }} {{ change.values }} }
{% endfor %}
