dnscmd.exe {{ host }} /RecordAdd {{ zone }} {{ node }} {{ type }} {{ data }}
