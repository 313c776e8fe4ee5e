-not (Test-Object {{ host }} {{ object }})
# ---
Remove-Object {{ host }} {{ object }}
