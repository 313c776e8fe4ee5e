Test-ServiceState {{ host }} {{ object }} 'Running'
# ---
Set-ServiceState {{ host }} {{ object }} 'Running'
