// A program without a leak, built with LeakSanitizer: at its end that traces all of its threads,
// and fails where it cannot.
int main() {}
