// A program that wants to be traced by its parent, as a test of "am I being debugged?" does.
#include <sys/ptrace.h>

int main() { return ptrace(PTRACE_TRACEME, 0, nullptr, nullptr) == 0 ? 0 : 9; }
