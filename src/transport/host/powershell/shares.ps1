# Shares and drives.

$script:ShareKinds = 'disk', 'printer', 'device', 'ipc'
$script:DriveKinds = @{ 2 = 'removable'; 3 = 'fixed'; 4 = 'network'; 5 = 'cdrom' }

# Opens a folder with rights that are asked for and not used; nothing is read or written.
$script:Opening = @'
[DllImport("kernel32.dll", CharSet = CharSet.Unicode, SetLastError = true)]
static extern IntPtr CreateFileW(
    string name, uint rights, uint share, IntPtr security, uint disposition, uint flags, IntPtr template);
[DllImport("kernel32.dll")]
static extern bool CloseHandle(IntPtr handle);
public static int Try(string name, uint rights) {
    IntPtr handle = CreateFileW(name, rights, 7, IntPtr.Zero, 3, 0x02000000, IntPtr.Zero);
    if (handle == new IntPtr(-1)) { return Marshal.GetLastWin32Error(); }
    CloseHandle(handle);
    return 0;
}
'@
$script:Listing = 1
$script:Adding = 6

function Test-Rights([string]$Place, [uint32]$Rights) {
    $number = [Standin.Folder]::Try($Place, $Rights)
    if ($number -eq 0) { return $true }
    # 19: the medium is protected against writing
    if ($number -eq 5 -or $number -eq 19) { return $false }
    New-Hole 'malformed' "opening ${Place}: Windows error $number"
}

function Get-ShareAnswer($Question) {
    $name = Get-Field $Question 'name'
    $cim = $script:Cim
    $shares = @(Get-CimInstance @cim -ClassName Win32_Share)
    if ($null -eq $name) {
        Assert-Rows $shares.Count
        foreach ($share in $shares) {
            $kind = [int]([uint32]$share.Type -band 255)
            [ordered]@{
                name = $share.Name
                kind = $(if ($kind -lt $script:ShareKinds.Length) { $script:ShareKinds[$kind] } else { 'unknown' })
                comment = [string]$share.Description
            }
        }
        return
    }
    if (@($shares | Where-Object { $_.Name -eq $name }).Count -eq 0) {
        Stop-Answer 'not_found' "the host has no share $name"
    }
    if ($name -eq 'IPC$') { Stop-Answer 'unsupported' 'IPC$ is no share of files' }
    if (-not ('Standin.Folder' -as [type])) {
        Add-Type -Namespace Standin -Name Folder -MemberDefinition $script:Opening
    }
    $machine = if ($script:Server) { $script:Server } else { 'localhost' }
    $place = '\\' + $machine + '\' + $name + '\'
    [ordered]@{
        name = $name
        readable = Test-Rights $place $script:Listing
        writable = Test-Rights $place $script:Adding
    }
}

function Get-Known($Value, [string]$What) {
    if ($null -eq $Value) { return New-Hole 'unsupported' "the host does not tell the $What of the drive" }
    $Value
}

function Get-DiskAnswer($Question) {
    $cim = $script:Cim
    foreach ($drive in @(Get-CimInstance @cim -ClassName Win32_LogicalDisk)) {
        $kind = [int]$drive.DriveType
        [ordered]@{
            drive = $drive.DeviceID
            kind = $(if ($script:DriveKinds.ContainsKey($kind)) { $script:DriveKinds[$kind] } else { 'unknown' })
            size = Get-Known $drive.Size 'size'
            free = Get-Known $drive.FreeSpace 'free space'
            label = $drive.VolumeName
        }
    }
}
