Test-ServiceStart {{ host }} {{ object }} {{ to }}
# ---
Set-ServiceStart {{ host }} {{ object }} {{ to }}
