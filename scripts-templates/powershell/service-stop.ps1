Test-ServiceState {{ host }} {{ object }} 'Stopped'
# ---
Set-ServiceState {{ host }} {{ object }} 'Stopped'
