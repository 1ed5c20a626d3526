#include "core/exec/children.h"

#include <dirent.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "core/exec/clock.h"
#include "core/exec/proc_file.h"

namespace melisai::exec {
namespace {

// A longer chain loses its upper links to us when they are killed, so that its rest is seen by the
// next walk.
constexpr int kDepthMax = 64;

template <class Visit>
void walk(pid_t pid, int depth, Visit& visit) {
  char path[64];
  std::snprintf(path, sizeof path, "/proc/%d/task", pid);
  DIR* tasks = opendir(path);
  if (tasks == nullptr) return;
  while (const dirent* entry = readdir(tasks)) {
    const int tid = std::atoi(entry->d_name);
    if (tid <= 0) continue;
    std::snprintf(path, sizeof path, "/proc/%d/task/%d/children", pid, tid);
    NumberReader children(path);
    for (pid_t child = 0; children.next(child);) {
      visit(child);
      if (depth > 1) walk(child, depth - 1, visit);
    }
  }
  closedir(tasks);
}

template <class Visit>
void each_descendant(Visit visit) {
  walk(getpid(), kDepthMax, visit);
}

// Field 3 of /proc/<pid>/stat, behind the name, which may hold anything.
bool alive(pid_t pid) {
  char path[64];
  char text[512];
  std::snprintf(path, sizeof path, "/proc/%d/stat", pid);
  if (read_text(path, text, sizeof text) <= 0) return false;
  const char* after_name = std::strrchr(text, ')');
  return after_name != nullptr && after_name[1] == ' ' && after_name[2] != 'Z' &&
         after_name[2] != 'X';
}

// Parents first and at once, so that they cannot start more.
void signal_kill() {
  each_descendant([](pid_t pid) { kill(pid, SIGKILL); });
}

}  // namespace

int count_descendants(pid_t except) {
  int found = 0;
  each_descendant([&](pid_t pid) { found += pid != except && alive(pid) ? 1 : 0; });
  return found;
}

void list_descendants(PidList& pids) {
  each_descendant([&pids](pid_t pid) { pids.add(pid); });
}

int most_threads() {
  int most = 0;
  each_descendant([&most](pid_t pid) {
    char path[64];
    struct stat status {};
    std::snprintf(path, sizeof path, "/proc/%d/task", pid);
    // A directory has two links and one more for each directory in it: here, for each thread.
    if (stat(path, &status) == 0 && status.st_nlink > 2) {
      const int threads = static_cast<int>(status.st_nlink) - 2;
      most = threads > most ? threads : most;
    }
  });
  return most;
}

void reap_orphans(pid_t except) {
  for (;;) {
    siginfo_t ended{};
    if (waitid(P_ALL, 0, &ended, WEXITED | WNOHANG | WNOWAIT) != 0) return;
    if (ended.si_pid == 0 || ended.si_pid == except) return;
    waitpid(ended.si_pid, nullptr, 0);
  }
}

bool kill_all_but(pid_t zombie, std::int64_t deadline_ns) {
  for (;;) {
    signal_kill();
    bool any = false;
    const auto reap = [&any, zombie](pid_t child) {
      if (child == zombie) return;
      any = true;  // also when it is reaped: that can make a walk miss the next one
      waitpid(child, nullptr, WNOHANG);
    };
    walk(getpid(), 1, reap);
    if (!any) return true;  // as subreaper we would be the parent of whatever is left
    if (monotonic_ns() >= deadline_ns) return false;
    sleep_ns(200'000);
  }
}

bool kill_descendants(std::int64_t deadline_ns) {
  for (;;) {
    signal_kill();
    pid_t reaped = 0;
    while ((reaped = waitpid(-1, nullptr, WNOHANG)) > 0) {
    }
    if (reaped < 0) return true;  // no child is left, and with us as subreaper no descendant either
    if (monotonic_ns() >= deadline_ns) return false;
    sleep_ns(200'000);
  }
}

}  // namespace melisai::exec
