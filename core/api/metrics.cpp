#include "core/api/metrics.h"

#include <algorithm>

#include "core/api/handlers.h"
#include "core/api/process_numbers.h"
#include "core/version.h"

namespace melisai::api {
namespace {

using Type = Metric::Type;

Metric one(const char* name, const char* help, Type type, double value, Labels labels = {}) {
  return {.name = name,
          .help = help,
          .type = type,
          .samples = {{.labels = std::move(labels), .value = value}}};
}

template <class Number>
Metric gauge(const char* name, const char* help, Number value) {
  return one(name, help, Type::gauge, static_cast<double>(value));
}

template <class Number>
Metric counter(const char* name, const char* help, Number value) {
  return one(name, help, Type::counter, static_cast<double>(value));
}

Metric by_label(const char* name, const char* help, const char* label,
                std::initializer_list<std::pair<const char*, std::int64_t>> values) {
  Metric metric{.name = name, .help = help, .type = Type::gauge, .samples = {}};
  for (const auto& [value, count] : values)
    metric.samples.push_back({.labels = {{label, value}}, .value = static_cast<double>(count)});
  return metric;
}

void add_queue(const store::OpenTotals& totals, WallTime now, std::vector<Metric>& all) {
  all.push_back(gauge("cicd_queue_size", "Runs that wait for their turn.", totals.queued));
  all.push_back(by_label(
      "melisai_runs_open", "Runs that have not ended, by state.", "state",
      {{"blocked", totals.blocked}, {"queued", totals.queued}, {"running", totals.running}}));
  all.push_back(
      gauge("melisai_events_waiting", "Events that are accepted, but not planned.", totals.events));
  all.push_back(gauge("melisai_approvals_waiting",
                      "Heads of pull requests that run when somebody approves them.", totals.held));
  const double age =
      totals.oldest ? std::chrono::duration<double>(now - *totals.oldest).count() : 0;
  all.push_back(gauge("melisai_queue_oldest_seconds",
                      "How long what waits longest in the queue has waited; 0 when nothing does.",
                      std::max(0.0, age)));
}

void add_health(const supervise::SystemHealth& health, std::vector<Metric>& all) {
  using supervise::SystemStatus;
  Metric status{.name = "melisai_system_status",
                .help = "1 for the status that the daemon has.",
                .type = Type::gauge,
                .samples = {}};
  for (const SystemStatus each :
       {SystemStatus::healthy, SystemStatus::degraded, SystemStatus::critical,
        SystemStatus::starting, SystemStatus::stopping, SystemStatus::stopped})
    status.samples.push_back({.labels = {{"status", std::string(name_of(each))}},
                              .value = each == health.status ? 1.0 : 0.0});
  all.push_back(std::move(status));
  Metric modules{.name = "melisai_module_healthy",
                 .help = "1 while the module works and is healthy.",
                 .type = Type::gauge,
                 .samples = {}};
  Metric restarts{.name = "melisai_module_restarts",
                  .help = "Restarts of the module since it last worked.",
                  .type = Type::gauge,
                  .samples = {}};
  for (const supervise::ModuleHealth& module : health.modules) {
    const bool healthy = std::holds_alternative<supervise::Healthy>(module.health);
    modules.samples.push_back({.labels = {{"module", module.id}}, .value = healthy ? 1.0 : 0.0});
    restarts.samples.push_back(
        {.labels = {{"module", module.id}}, .value = static_cast<double>(module.attempts)});
  }
  all.push_back(std::move(modules));
  all.push_back(std::move(restarts));
}

void add_process(std::vector<Metric>& all) {
  const std::optional<ProcessNumbers> numbers = process_numbers();
  if (!numbers) return;
  all.push_back(
      counter("process_cpu_seconds_total", "CPU time of the daemon itself.", numbers->cpu_seconds));
  all.push_back(gauge("process_resident_memory_bytes", "Memory of the daemon itself.",
                      numbers->resident_bytes));
  all.push_back(
      gauge("process_open_fds", "Files and sockets that it has open.", numbers->open_fds));
  all.push_back(gauge("process_max_fds", "How many it may have open.", numbers->max_fds));
}

/// All waiting requests sit on one seat.
std::size_t streams_of(const Api::Parts& parts) {
  const std::size_t waiting = parts.waits.waiting();
  return parts.beats.seats() - (waiting > 0 ? 1 : 0) + waiting;
}

}  // namespace

Result<std::vector<Metric>> state_metrics(const Api::Parts& parts) {
  const store::Queue& queue = parts.daemon.queue;
  MELISAI_TRY(const store::OpenTotals totals, queue.open_totals());
  MELISAI_TRY(const store::Queue::Pause pause, queue.pause());
  MELISAI_TRY(const auto paused, queue.paused_pipelines());
  MELISAI_TRY(const store::DeliveryCounts notices, queue.delivery_counts());
  const supervise::EventCounters events = parts.daemon.bus.counters();
  const supervise::SystemHealth health = parts.daemon.health();
  std::vector<Metric> all;
  all.push_back(one("melisai_build_info", "1, with the version.", Type::gauge, 1,
                    {{"version", kVersion}, {"commit", kCommit}}));
  all.push_back(gauge("melisai_uptime_seconds", "Since the daemon started.",
                      std::chrono::duration<double>(health.uptime).count()));
  add_queue(totals, parts.daemon.clock.now(), all);
  all.push_back(gauge("melisai_paused", "1 while no run starts.", pause.paused ? 1 : 0));
  all.push_back(
      gauge("melisai_pipelines_paused", "Pipelines of which no run starts.", paused.size()));
  all.push_back(by_label("melisai_notices", "Notices that were not delivered, by state.", "state",
                         {{"waiting", notices.waiting}, {"given_up", notices.given_up}}));
  all.push_back(counter("melisai_events_published_total", "Events on the bus.", events.published));
  all.push_back(counter("melisai_events_dropped_total",
                        "Events that a subscriber was too slow for.", events.dropped));
  all.push_back(gauge("melisai_streams", "Event streams, live logs and waiting requests.",
                      streams_of(parts)));
  all.push_back(
      counter("melisai_http_unauthorized_total", "Requests without a good token.", parts.refused));
  add_health(health, all);
  add_process(all);
  return all;
}

void show_metrics(Parts& parts, Call call) {
  parts.totals.get([&parts, respond = std::move(call.respond)](const TotalsCache::Totals& totals) {
    if (!totals) return respond(refused(totals.error()));
    Result<std::vector<Metric>> all = state_metrics(parts);
    if (!all) return respond(refused(all.error()));
    const auto add = [&](std::vector<Metric> more) {
      std::move(more.begin(), more.end(), std::back_inserter(*all));
    };
    add(run_metrics(*totals));
    if (parts.daemon.more_metrics) add(parts.daemon.more_metrics());
    respond({.status = 200, .type = std::string(kMetricType), .body = render_metrics(*all)});
  });
}

}  // namespace melisai::api
