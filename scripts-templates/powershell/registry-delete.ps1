Test-KeyValue {{ host }} {{ object }} {{ value }} $null
# ---
Remove-KeyValue {{ host }} {{ object }} {{ value }}
