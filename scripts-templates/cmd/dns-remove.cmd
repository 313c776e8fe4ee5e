dnscmd.exe {{ host }} /RecordDelete {{ zone }} {{ node }} {{ type }} {{ data }} /f
