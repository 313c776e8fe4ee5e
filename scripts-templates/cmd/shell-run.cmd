{{ words }}
