Test-KeyValue {{ host }} {{ object }} {{ value }} {{ data }}
# ---
Set-KeyValue {{ host }} {{ object }} {{ value }} {{ data }} {{ kind }}
