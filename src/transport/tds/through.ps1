# Asks a database server in Standin's place: what to ask comes as JSON, the rows go back as JSON. For servers that
# are too old for the encryption that Standin insists on; it runs on Windows, whose own client still speaks with
# them. The password, if there is one, comes with the question and is kept in memory alone.
$ErrorActionPreference = 'Stop'
$asked = $input | ConvertFrom-Json

# A value as JSON can carry it; bytes are marked, other kinds are text as the server writes them.
function Get-Plain($Value) {
    if ($Value -is [DBNull]) { return $null }
    if ($Value -is [byte[]]) { return @{ base64 = [Convert]::ToBase64String($Value) } }
    if ($Value -is [string] -or $Value -is [bool] -or $Value -is [int] -or $Value -is [long]) { return $Value }
    if ($Value -is [byte] -or $Value -is [int16]) { return [int]$Value }
    if ($Value -is [datetime]) { return $Value.ToString('yyyy-MM-ddTHH:mm:ss.fff', [Globalization.CultureInfo]::InvariantCulture) }
    [Convert]::ToString($Value, [Globalization.CultureInfo]::InvariantCulture)
}

$target = New-Object Data.SqlClient.SqlConnectionStringBuilder
$target['Data Source'] = $asked.server
$target['Application Name'] = 'standin'
$target['Pooling'] = $false
if ($null -eq $asked.user) {
    $target['Integrated Security'] = $true
} else {
    $target['User ID'] = $asked.user
    $target['Password'] = $asked.password
}
$connection = New-Object Data.SqlClient.SqlConnection $target.ConnectionString
try {
    $connection.Open()
    $command = $connection.CreateCommand()
    $command.CommandText = $asked.text
    $at = 0
    foreach ($given in $asked.params) {
        $at += 1
        $value = $given.value
        if ($null -eq $value) { $value = [DBNull]::Value }
        if ($given.base64) { $value = [Convert]::FromBase64String($value) }
        [void]$command.Parameters.AddWithValue("@P$at", $value)
    }
    $reader = $command.ExecuteReader()
    $rows = New-Object Collections.ArrayList
    do {
        while ($reader.Read()) {
            $row = @{}
            for ($column = 0; $column -lt $reader.FieldCount; $column++) {
                $row[$reader.GetName($column)] = Get-Plain $reader.GetValue($column)
            }
            [void]$rows.Add($row)
        }
    } while ($reader.NextResult())
    if ($rows.Count -gt 0) { ConvertTo-Json -InputObject $rows -Compress -Depth 4 }
} catch {
    $problem = $_.Exception
    while ($problem -isnot [Data.SqlClient.SqlException] -and $null -ne $problem.InnerException) { $problem = $problem.InnerException }
    if ($problem -isnot [Data.SqlClient.SqlException]) { throw }
    ConvertTo-Json -InputObject @{ standin_error = $problem.Number; class = [int]$problem.Class; message = $problem.Message } -Compress
} finally {
    $connection.Dispose()
}
