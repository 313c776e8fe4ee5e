# Files.

$script:LargestDigest = 268435456

# From afar, a drive is the share that administrators have of it.
function Get-Place([string]$Path) {
    if ($script:Server) { return '\\' + $script:Server + '\' + $Path[0] + '$' + $Path.Substring(2) }
    $Path
}

function Get-Versions([string]$Place) {
    $info = [Diagnostics.FileVersionInfo]::GetVersionInfo($Place)
    $file = $info.FileMajorPart, $info.FileMinorPart, $info.FileBuildPart, $info.FilePrivatePart -join '.'
    $product = $info.ProductMajorPart, $info.ProductMinorPart, $info.ProductBuildPart, $info.ProductPrivatePart -join '.'
    if ($file -eq '0.0.0.0' -and $product -eq '0.0.0.0' -and -not $info.FileVersion) {
        Stop-Answer 'unsupported' 'the file has no version resource'
    }
    @{ version = $file; product_version = $product }
}

function Get-Sha256([string]$Place, [long]$Size) {
    if ($Size -gt $script:LargestDigest) {
        $detail = "the file has $Size bytes; no digest is made of more than $($script:LargestDigest)"
        Stop-Answer 'truncated' $detail
    }
    $stream = New-Object IO.FileStream $Place, 'Open', 'Read', 'ReadWrite, Delete'
    try {
        $digest = [Security.Cryptography.SHA256]::Create().ComputeHash($stream)
        [BitConverter]::ToString($digest).Replace('-', '').ToLowerInvariant()
    } finally {
        $stream.Dispose()
    }
}

function Get-FilePart([string]$Part, $Item, [bool]$Folder) {
    if ($Part -eq 'modified') {
        # the other carrier has no such time, and nobody needs it
        if ($null -eq $Item.Parent -and $Folder) { Stop-Answer 'unsupported' 'a drive has no time' }
        # to the nearest second, as it comes over SMB
        $moment = $Item.LastWriteTimeUtc.AddTicks(4999999)
        return $moment.ToString('yyyy-MM-ddTHH:mm:ssZ', [Globalization.CultureInfo]::InvariantCulture)
    }
    if ($Folder) { Stop-Answer 'unsupported' "a folder has no $($Part.Replace('_', ' '))" }
    switch ($Part) {
        'size' { $Item.Length }
        'sha256' { Get-Sha256 $Item.FullName $Item.Length }
        default { (Get-Versions $Item.FullName)[$Part] }
    }
}

function Get-FileAnswer($Question) {
    $place = Get-Place $Question.path
    try {
        $attributes = [IO.File]::GetAttributes($place)
    } catch {
        $cause, $detail = Get-Reason $_.Exception
        if ($cause -eq 'not_found') { $detail = "the host has no file $($Question.path)" }
        Stop-Answer $cause $detail
    }
    $folder = ($attributes -band [IO.FileAttributes]::Directory) -ne 0
    $item = if ($folder) { New-Object IO.DirectoryInfo $place } else { New-Object IO.FileInfo $place }
    $row = [ordered]@{ path = $Question.path; kind = $(if ($folder) { 'folder' } else { 'file' }) }
    foreach ($part in (Get-Field $Question 'want')) {
        try {
            $row[$part] = Get-FilePart $part $item $folder
        } catch {
            $cause, $detail = Get-Reason $_.Exception
            $row[$part] = New-Hole $cause $detail
        }
    }
    $row
}

# A piece of a file; the first makes it, and it must not be there.
function Write-FilePiece($Act) {
    $bytes = [Convert]::FromBase64String($Act.base64)
    $mode = if ($Act.at -eq 0) { 'CreateNew' } else { 'Open' }
    $stream = New-Object IO.FileStream (Get-Place $Act.path), $mode, 'Write', 'None'
    try {
        $stream.Position = $Act.at
        $stream.Write($bytes, 0, $bytes.Length)
    } finally {
        $stream.Dispose()
    }
}

function Remove-Quietly([string]$Place) {
    try { [IO.File]::Delete($Place) } catch [IO.IOException], [UnauthorizedAccessException] { }
}

# Puts the new file in the place of the one that is there, which gets the old name; both or neither. A move never takes
# the place of a file that is there, and one that is in use can be moved, but not overwritten.
function Switch-File([string]$Place, [string]$New, [string]$Old) {
    $there = [IO.File]::Exists($Place)
    if ($there) { Invoke-Change { [IO.File]::Move($Place, $Old) } }
    try {
        Invoke-Change { [IO.File]::Move($New, $Place) }
    } catch {
        if ($there) {
            [IO.File]::Move($Old, $Place)
            $script:Begun = $false
        }
        throw
    }
}

function Test-Same([string]$One, [string]$Other) {
    if (-not [IO.File]::Exists($Other)) { return $false }
    $digests = $One, $Other | ForEach-Object { Get-Sha256 $_ (New-Object IO.FileInfo $_).Length }
    $digests[0] -eq $digests[1]
}

function Assert-Arrival($Act, [string]$New, [string]$Keep) {
    if ($Keep -and [IO.File]::Exists($Keep) -and -not (Test-Same $Keep (Get-Place $Act.path))) {
        Stop-Answer 'unsupported' "$($Act.keep) is there already; look at it and move it away: it would be lost"
    }
    if ((Get-Sha256 $New (New-Object IO.FileInfo $New).Length) -ne $Act.sha256) {
        Stop-Answer 'malformed' "what arrived for $($Act.path) is not what was sent"
    }
    # It is what is kept now.
    if ($Keep) { Remove-Quietly $Keep }
}

function Set-File($Act) {
    $new = Get-Place $Act.temporary
    $keep = if ($null -ne $Act.keep) { Get-Place $Act.keep } else { '' }
    $old = if ($keep) { $keep } else { "$new.old" }
    try {
        Assert-Arrival $Act $new $keep
        Switch-File (Get-Place $Act.path) $new $old
    } catch {
        if (-not $script:Begun) { Remove-Quietly $new }
        throw
    }
    if (-not $keep) { Remove-Quietly $old }
}

function Remove-File($Act) {
    $place = Get-Place $Act.path
    $restore = if ($null -ne $Act.restore) { Get-Place $Act.restore } else { '' }
    if ($restore -and [IO.File]::Exists($restore)) {
        $old = Get-Place $Act.temporary
        Switch-File $place $restore $old
        Remove-Quietly $old
    } elseif ([IO.File]::Exists($place)) {
        Invoke-Change { [IO.File]::Delete($place) }
    }
}

function New-Folder($Act) {
    $place = Get-Place $Act.path
    if ([IO.File]::Exists($place)) { Stop-Answer 'malformed' "$($Act.path) is a file" }
    if ([IO.Directory]::Exists($place)) { return }
    # CreateDirectory would make those above it too.
    if (-not [IO.Directory]::Exists([IO.Path]::GetDirectoryName($place))) {
        Stop-Answer 'not_found' "the host has no folder for $($Act.path)"
    }
    Invoke-Change { [IO.Directory]::CreateDirectory($place) }
}

function Remove-Folder($Act) {
    $place = Get-Place $Act.path
    if ([IO.File]::Exists($place)) { Stop-Answer 'malformed' "$($Act.path) is a file" }
    if (-not [IO.Directory]::Exists($place)) { return }
    if ([IO.Directory]::GetFileSystemEntries($place).Length) {
        Stop-Answer 'unsupported' "the folder $($Act.path) is not empty"
    }
    Invoke-Change { [IO.Directory]::Delete($place, $false) }
}
