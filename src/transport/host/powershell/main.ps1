# The conversation: who is asked comes first, then a question or an act a line, each with one line for an answer.

function Get-Rows($Question) {
    switch (Get-Field $Question 'ask') {
        'there' { }
        'service' { Get-ServiceAnswer $Question }
        'registry' { Get-RegistryAnswer $Question }
        'file' { Get-FileAnswer $Question }
        'share' { Get-ShareAnswer $Question }
        'disk' { Get-DiskAnswer $Question }
        'group' { Get-GroupAnswer $Question }
        default { Stop-Answer 'unsupported' "there is no question $_" }
    }
}

function Invoke-Act($Act) {
    switch ("$($Act.do) $($Act.verb)") {
        'service start' { Start-NamedService $Act }
        'service stop' { Stop-NamedService $Act }
        'service set_start' { Set-ServiceStart $Act }
        'registry set' { Set-RegistryValue $Act }
        'registry delete' { Remove-RegistryValue $Act }
        'file write' { Write-FilePiece $Act }
        'file copy' { Set-File $Act }
        'file remove' { Remove-File $Act }
        'file make_folder' { New-Folder $Act }
        'file remove_folder' { Remove-Folder $Act }
        default { Stop-Answer 'unsupported' "there is no act $_" }
    }
}

# Whether something may have been changed matters where an act was not done.
function Get-Answer($Question) {
    $id = $Question.id
    $script:Begun = $false
    try {
        $do = Get-Field $Question 'do'
        if ($do -eq 'shell' -or (Get-Field $Question 'ask') -eq 'shell') {
            return [ordered]@{ id = $id; printed = [string](Get-Printed $Question) }
        }
        if ($null -ne $do) {
            [void](Invoke-Act $Question)
            return [ordered]@{ id = $id; rows = @() }
        }
        $rows = @(Get-Rows $Question)
        [ordered]@{ id = $id; rows = $rows }
    } catch {
        $cause, $detail = Get-Reason $_.Exception
        [ordered]@{ id = $id; absent = $cause; detail = $detail; begun = $script:Begun }
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
