/* Stands in for a program that a script calls: keeps how it was called, and what the file behind -f said. Where its call has
 * what stands in a line of fail.txt or world.txt behind a number, it ends with that number. A service that was started runs,
 * and who stands in a line of alive.txt behind a number answers a ping. */
typedef void *handle;
typedef unsigned int dword;
__attribute__((dllimport)) char *GetCommandLineA(void);
__attribute__((dllimport)) handle CreateFileA(const char *, dword, dword, void *, dword, dword, handle);
__attribute__((dllimport)) int ReadFile(handle, void *, dword, dword *, void *);
__attribute__((dllimport)) int WriteFile(handle, const void *, dword, dword *, void *);
__attribute__((dllimport)) dword SetFilePointer(handle, int, int *, dword);
__attribute__((dllimport)) int CloseHandle(handle);
__attribute__((dllimport)) handle GetStdHandle(dword);
__attribute__((dllimport)) void ExitProcess(dword);
__attribute__((dllimport)) void Sleep(dword);

enum { READ = 0x80000000u, WRITE = 0x40000000u, NEW = 2, THERE = 3, ALWAYS = 4, OUT = 0xfffffff5u };
static char text[65536] = {1};

static dword length(const char *s) {
    dword n = 0;
    while (s[n]) n++;
    return n;
}

static const char *find(const char *s, const char *what) {
    for (; *s; s++) {
        dword n = 0;
        while (what[n] && s[n] == what[n]) n++;
        if (!what[n]) return s;
    }
    return 0;
}

/* The text of a file; none where it is not there. */
static const char *read(const char *name) {
    dword n = 0;
    handle file = CreateFileA(name, READ, 3, 0, THERE, 0, 0);
    text[0] = 0;
    if (file == (handle)-1) return 0;
    ReadFile(file, text, sizeof text - 1, &n, 0);
    CloseHandle(file);
    text[n] = 0;
    return text;
}

/* Whoever holds the file lets go of it soon; what cannot be kept is no call that was made. */
static void write(const char *name, dword how, const char *what) {
    dword n = 0, tries;
    handle file = (handle)-1;
    for (tries = 0; file == (handle)-1 && tries < 5000; tries++) {
        if (tries) Sleep(1);
        file = CreateFileA(name, WRITE, 3, 0, how, 0, 0);
    }
    SetFilePointer(file, 0, 0, 2);
    if (!WriteFile(file, what, length(what), &n, 0) || n != length(what)) ExitProcess(77);
    CloseHandle(file);
}

static void say(const char *what) {
    dword n;
    WriteFile(GetStdHandle(OUT), what, length(what), &n, 0);
}

/* The number of the first line of a file that this call is meant by. */
static dword meant(const char *call, const char *name) {
    char *s = text, *what;
    if (!read(name)) return 0;
    while (*s) {
        dword number = 0;
        while (*s >= '0' && *s <= '9') number = number * 10 + *s++ - '0';
        if (*s == ' ') s++;
        what = s;
        while (*s && *s != '\n') s++;
        if (*s) *s++ = 0;
        if (number && *what && find(call, what)) return number;
    }
    return 0;
}

/* The file that keeps whether a service runs, named after it. */
static const char *kept(const char *service) {
    static char name[260] = "state-";
    dword n = 6;
    for (; *service && n < sizeof name - 1; service++)
        if ((*service | 32) >= 'a' && (*service | 32) <= 'z') name[n++] = *service;
    name[n] = 0;
    return name;
}

void start(void) {
    static char name[260] = {1};
    const char *line = GetCommandLineA(), *file = find(line, " -f "), *verb;
    dword n = 0;
    write("calls.txt", ALWAYS, line);
    write("calls.txt", ALWAYS, "\r\n");
    if (file) {
        for (file += 4; file[n] && file[n] != ' ' && n < sizeof name - 1; n++) name[n] = file[n];
        name[n] = 0;
        if (read(name)) write("calls.txt", ALWAYS, text);
    }
    if ((n = meant(line, "fail.txt")) || (n = meant(line, "world.txt"))) ExitProcess(n);
    if ((verb = find(line, " start "))) write(kept(verb + 7), NEW, "STATE : 4 RUNNING\r\n");
    if ((verb = find(line, " stop "))) write(kept(verb + 6), NEW, "STATE : 1 STOPPED\r\n");
    if ((verb = find(line, " query ")) && read(kept(verb + 7))) say(text);
    if (find(line, "ping.exe")) say(meant(line, "alive.txt") ? "Reply: TTL=64\r\nSent = 2\r\n" : "Sent = 2\r\n");
    ExitProcess(0);
}
