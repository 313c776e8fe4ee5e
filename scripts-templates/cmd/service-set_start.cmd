sc.exe {% if host %}{{ unc }} {% endif %}config {{ object }} start= {{ start }}
