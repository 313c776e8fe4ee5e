Test-Record {{ host }} {{ zone }} {{ node }} {{ type }} {{ data }}
# ---
Set-Record {{ host }} {{ zone }} {{ node }} {{ type }} {{ data }} $true
