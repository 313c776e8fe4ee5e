{% for line in ldif %}{% if loop.first %}>{% else %}>>{% endif %}{{ file }} echo {{ line }}
{% endfor %}ldifde.exe -i -f {{ file }} -s {{ host }}
