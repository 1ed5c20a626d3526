#include "core/model/evidence.h"

namespace melisai {

std::string_view to_string(Cause cause) {
  switch (cause) {
    case Cause::cpu_work: return "cpu_work";
    case Cause::cpu_efficiency: return "cpu_efficiency";
    case Cause::allocation: return "allocation";
    case Cause::memory: return "memory";
    case Cause::system_calls: return "system_calls";
    case Cause::file_io: return "file_io";
    case Cause::lock_wait: return "lock_wait";
    case Cause::scheduling: return "scheduling";
    case Cause::network: return "network";
    case Cause::subprocesses: return "subprocesses";
    case Cause::sleep: return "sleep";
    case Cause::not_known: break;
  }
  return "not_known";
}

std::string_view words_of(Cause cause) {
  switch (cause) {
    case Cause::cpu_work: return "CPU work";
    case Cause::cpu_efficiency: return "CPU efficiency";
    case Cause::allocation: return "allocation";
    case Cause::memory: return "memory";
    case Cause::system_calls: return "system calls";
    case Cause::file_io: return "file I/O";
    case Cause::lock_wait: return "lock wait";
    case Cause::scheduling: return "scheduling";
    case Cause::network: return "network";
    case Cause::subprocesses: return "subprocesses";
    case Cause::sleep: return "sleep";
    case Cause::not_known: break;
  }
  return "not known";
}

}  // namespace melisai
