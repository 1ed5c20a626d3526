#include "plugins/perf/events.h"

namespace melisai::plugins::perf {
namespace {

constexpr std::uint32_t kHardware = PERF_TYPE_HARDWARE;
constexpr std::uint32_t kSoftware = PERF_TYPE_SOFTWARE;

constexpr Event kEvents[] = {
    {"instructions_user", kHardware, PERF_COUNT_HW_INSTRUCTIONS, Level::user},
    {"instructions_kernel", kHardware, PERF_COUNT_HW_INSTRUCTIONS, Level::kernel},
    {"cycles_user", kHardware, PERF_COUNT_HW_CPU_CYCLES, Level::user},
    {"branch_misses_user", kHardware, PERF_COUNT_HW_BRANCH_MISSES, Level::user},
    {"cache_misses_user", kHardware, PERF_COUNT_HW_CACHE_MISSES, Level::user},
    {"task_clock", kSoftware, PERF_COUNT_SW_TASK_CLOCK, Level::user},
    {"page_faults_user", kSoftware, PERF_COUNT_SW_PAGE_FAULTS, Level::user},
    {"minor_faults_user", kSoftware, PERF_COUNT_SW_PAGE_FAULTS_MIN, Level::user},
    {"major_faults_user", kSoftware, PERF_COUNT_SW_PAGE_FAULTS_MAJ, Level::user},
    {"page_faults_kernel", kSoftware, PERF_COUNT_SW_PAGE_FAULTS, Level::kernel},
    // They happen in the kernel: without it they read 0.
    {"context_switches", kSoftware, PERF_COUNT_SW_CONTEXT_SWITCHES, Level::both},
    {"cpu_migrations", kSoftware, PERF_COUNT_SW_CPU_MIGRATIONS, Level::both}};

}  // namespace

std::span<const Event> events() { return kEvents; }

}  // namespace melisai::plugins::perf
