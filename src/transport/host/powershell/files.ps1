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
