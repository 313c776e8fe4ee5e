# The conversation: who is asked comes first, then a question a line, each with one line for an answer.

function Get-Answer($Question) {
    $id = $Question.id
    try {
        if ($Question.ask -eq 'shell') { return [ordered]@{ id = $id; printed = [string](Get-Printed $Question) } }
        $rows = @(switch ($Question.ask) {
            'service' { Get-ServiceAnswer $Question }
            'registry' { Get-RegistryAnswer $Question }
            'file' { Get-FileAnswer $Question }
            'share' { Get-ShareAnswer $Question }
            'disk' { Get-DiskAnswer $Question }
            'group' { Get-GroupAnswer $Question }
            default { Stop-Answer 'unsupported' "there is no question $($Question.ask)" }
        })
        [ordered]@{ id = $id; rows = $rows }
    } catch {
        $cause, $detail = Get-Reason $_.Exception
        [ordered]@{ id = $id; absent = $cause; detail = $detail }
    }
}

$script:MaxBytes = 1048576
$hello = ConvertFrom-Json ([Console]::In.ReadLine())
$script:MaxRows = [int]$hello.rows
$script:MaxBytes = [int]$hello.bytes
# Empty for the machine on which this runs.
$script:Server = [string]$hello.server
$script:Cim = @{}
if ($script:Server) {
    $option = New-CimSessionOption -Protocol Dcom
    $script:Cim = @{ CimSession = New-CimSession -ComputerName $script:Server -SessionOption $option }
}
Write-Answer ([ordered]@{ ready = 1 })
while ($null -ne ($line = [Console]::In.ReadLine())) {
    if ($line) { Write-Answer (Get-Answer (ConvertFrom-Json $line)) }
}
