# Members of local groups.

function Get-AccountName([Security.Principal.SecurityIdentifier]$Sid) {
    try {
        $Sid.Translate([Security.Principal.NTAccount]).Value
    } catch {
        New-Hole 'not_found' 'the host knows no name for it'
    }
}

function Get-GroupAnswer($Question) {
    $name = $Question.name
    if ($name -match '^S-1-5-32-\d+$') {
        $known = Get-AccountName (New-Object Security.Principal.SecurityIdentifier $name)
        if ($known -isnot [string]) { Stop-Answer 'not_found' "the host has no local group $name" }
        $name = $known.Split('\')[-1]
    }
    $machine = if ($script:Server) { $script:Server } else { $env:COMPUTERNAME }
    try {
        $group = [ADSI]"WinNT://$machine/$name,group"
        $members = @($group.PSBase.Invoke('Members'))
    } catch {
        $cause, $detail = Get-Reason $_.Exception
        if ($cause -eq 'not_found') { $detail = "the host has no local group $($Question.name)" }
        Stop-Answer $cause $detail
    }
    Assert-Rows $members.Count
    foreach ($member in $members) {
        $bytes = $member.GetType().InvokeMember('objectSid', 'GetProperty', $null, $member, $null)
        $sid = New-Object Security.Principal.SecurityIdentifier ([byte[]]$bytes), 0
        [ordered]@{ name = Get-AccountName $sid; sid = $sid.Value }
    }
}
