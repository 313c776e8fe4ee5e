Test-Object {{ host }} {{ object }}
# ---
Add-Object {{ host }} {{ object }} @{ {% for change in changes %}{{ change.name }} = {{ change.values }}; {% endfor %}}
