#include "core/collect/collectors.h"

#include <unistd.h>

#include <algorithm>
#include <map>
#include <thread>
#include <utility>

#include "core/base/glob.h"
#include "core/base/text.h"
#include "core/collect/bpf_worker.h"

namespace melisai::collect {
namespace {

using std::chrono::nanoseconds;

constexpr Milliseconds kWaitSlice{200};  // between two looks at interrupts and dead workers
constexpr Milliseconds kBackOff{100};    // between a failure and the restart
// A round takes twice start_max (10 s at most) and the back-off; melisai-gate-exec holds a tree for
// 60 s.
constexpr Milliseconds kOpenMax{30'000};
constexpr Milliseconds kQuitGrace{200};  // for all that leave, together

bool contains(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

std::string joined(const std::vector<std::string>& texts) {
  if (texts.empty()) return "any directory";
  std::string result;
  for (const std::string& text : texts) result += (result.empty() ? "" : ", ") + text;
  return result;
}

CollectorResult refused_result(std::string name, const std::string& file, std::string reason) {
  CollectorResult result;
  result.name = std::move(name);
  result.file = printable(file);
  result.status = CollectorStatus::refused;
  result.reason = std::move(reason);
  return result;
}

}  // namespace

void Collectors::Body::load() {
  if (!options.enabled) return;
  for (const Candidate& candidate : discover(places.directories, options.collectors_max)) {
    if (candidate.refused.empty())
      workers.push_back(std::make_unique<Worker>(candidate, worker_program(candidate, places),
                                                 options, config, profile, clock));
    else
      refused.push_back(refused_result(candidate.name, candidate.file, candidate.refused));
  }
  for (const auto& worker : workers) worker->launch();
  await(all(), options.start_max);
  admit();
}

// By name, because that is known only now: what nobody asked for leaves, and of two with one name
// the first stays.
void Collectors::Body::admit() {
  std::map<std::string, std::string> files;
  Workers leaving;
  for (const auto& worker : workers) {
    if (worker->dropped()) continue;
    if (!wanted(worker->name())) {
      worker->drop();
      leaving.push_back(worker.get());
    } else if (worker->introduced()) {
      const auto [first, fresh] = files.emplace(worker->name(), worker->result().file);
      if (!fresh) worker->refuse("a collector of this name was found before: " + first->second);
    }
  }
  dismiss(leaving);
  leave_out_stand_ins(all());
}

// What takes the place of a tool runs where nobody gives that, or when it is named itself.
void Collectors::Body::leave_out_stand_ins(const Workers& admitted) const {
  for (const std::string& tool : profile.tools) {
    const std::string stand_in(stand_in_of(tool));
    if (stand_in.empty() || contains(profile.tools, stand_in)) continue;
    const bool is_given = std::any_of(admitted.begin(), admitted.end(),
                                      [&](const Worker* worker) { return worker->gives(tool); });
    for (Worker* worker : admitted)
      if (is_given) worker->leave_out(stand_in);
  }
}

bool Collectors::Body::wanted(const std::string& name) const {
  if (options.collectors.empty() || contains(options.required, name)) return true;
  return std::any_of(options.collectors.begin(), options.collectors.end(),
                     [&](const std::string& glob) { return matches_glob(glob, name); });
}

Collectors::Body::Workers Collectors::Body::all() const {
  Workers result;
  for (const auto& worker : workers) {
    if (!worker->dropped()) result.push_back(worker.get());
  }
  std::stable_sort(result.begin(), result.end(),
                   [](const Worker* a, const Worker* b) { return a->name() < b->name(); });
  return result;
}

Collectors::Body::Workers Collectors::Body::watchers() const {
  Workers result = all();
  std::erase_if(result, [](const Worker* worker) { return !worker->watches(); });
  return result;
}

Collectors::Body::Workers Collectors::Body::tellers() const {
  Workers result = all();
  std::erase_if(result, [](const Worker* worker) { return !worker->has_running_parts(); });
  return result;
}

Collectors::Body::Workers Collectors::Body::observers() const {
  Workers result = all();
  std::erase_if(result, [](const Worker* worker) {
    return worker->introduced() && !worker->has_metrics() && !worker->has_running_parts();
  });
  return result;
}

void Collectors::Body::await(const Workers& asked, Milliseconds limit) {
  const nanoseconds deadline = clock.monotonic() + limit;
  while (true) {
    Workers waiting = asked;
    std::erase_if(waiting, [](const Worker* worker) { return !worker->awaited(); });
    if (waiting.empty()) return;
    const bool hurry = interrupted && interrupted();
    const nanoseconds left = hurry ? nanoseconds(0) : deadline - clock.monotonic();
    std::vector<Peer*> peers;
    for (Worker* worker : waiting) peers.push_back(worker->peer());
    Peer::wait_any(peers, std::chrono::ceil<Milliseconds>(
                              std::clamp<nanoseconds>(left, nanoseconds(0), kWaitSlice)));
    for (Worker* worker : waiting) worker->take();
    if (left > nanoseconds(0)) continue;
    // An answer that was there in time has been taken.
    for (Worker* worker : waiting) {
      if (worker->awaited()) worker->overdue(limit);
    }
  }
}

void Collectors::Body::restart(const Workers& chosen) {
  Workers ended = chosen;
  std::erase_if(ended, [](const Worker* worker) { return !worker->may_restart(); });
  if (ended.empty()) return;
  nanoseconds due{0};
  for (const Worker* worker : ended) due = std::max(due, worker->failed_at() + kBackOff);
  const nanoseconds left = due - clock.monotonic();
  std::this_thread::sleep_for(std::clamp<nanoseconds>(left, nanoseconds(0), kBackOff));
  for (Worker* worker : ended) worker->launch();
  await(ended, options.start_max);
  admit();
}

void Collectors::Body::open(const Workers& chosen, const ProcessTree& tree) {
  const protocol::StartRequest window{
      .id = ++last_window, .root_pid = tree.root_pid, .cgroup = tree.cgroup};
  for (Worker* worker : chosen) worker->take();
  Workers first = chosen, second = chosen;
  std::erase_if(first, [](const Worker* worker) { return worker->tier() > 1; });
  std::erase_if(second, [](const Worker* worker) { return worker->tier() <= 1; });
  window_begun = utc_time_ms(clock.now());
  begin(first, window);
  begin(second, window);
}

void Collectors::Body::begin(const Workers& chosen, const protocol::StartRequest& window) {
  const auto may_restart = [](const Worker* worker) { return worker->may_restart(); };
  const nanoseconds deadline = clock.monotonic() + kOpenMax;
  // Ends, because each round but the first uses up restarts.
  do {
    restart(chosen);
    for (Worker* worker : chosen) {
      if (worker->idle()) worker->begin(window);
    }
    await(chosen, options.start_max);
  } while (clock.monotonic() < deadline && std::any_of(chosen.begin(), chosen.end(), may_restart));
  for (Worker* worker : chosen) {
    if (!worker->in_window()) worker->miss_window();
  }
}

std::vector<Sample> Collectors::Body::close(const Workers& chosen, Milliseconds limit) {
  for (Worker* worker : chosen) {
    worker->take();  // tells a crash in the window from one in stop
    if (worker->in_window()) worker->finish();
  }
  await(chosen, std::min(limit, options.stop_max));
  std::vector<Sample> result;
  for (Worker* worker : chosen) {
    for (Sample& sample : worker->take_samples()) result.push_back(std::move(sample));
  }
  return result;
}

void Collectors::Body::keep_host_results(const Workers& chosen) {
  const std::string ended = utc_time_ms(clock.now());
  host_results.clear();
  for (Worker* worker : chosen) {
    for (HostResult& result : worker->take_host_results(window_begun, ended))
      host_results[result.category].push_back(std::move(result));
  }
  for (auto& [category, results] : host_results)
    std::stable_sort(results.begin(), results.end(), [](const HostResult& a, const HostResult& b) {
      return a.collector < b.collector;
    });
}

void Collectors::Body::close_watch() {
  if (watching) close(watchers(), options.stop_max);
  watching = false;
}

void Collectors::Body::dismiss(const Workers& leaving) {
  for (Worker* worker : leaving) worker->quit();
  const nanoseconds deadline = clock.monotonic() + kQuitGrace;
  for (Worker* worker : leaving) {
    const nanoseconds left =
        std::clamp<nanoseconds>(deadline - clock.monotonic(), nanoseconds(0), kQuitGrace);
    worker->leave(std::chrono::ceil<Milliseconds>(left));
  }
}

std::vector<CollectorResult> Collectors::Body::results() const {
  std::vector<CollectorResult> results;
  for (const Worker* worker : all()) results.push_back(worker->result());
  for (const CollectorResult& result : refused) {
    if (wanted(result.name)) results.push_back(result);
  }
  if (options.enabled) {
    for (const std::string& name : options.required) {
      const bool found = std::any_of(results.begin(), results.end(),
                                     [&](const CollectorResult& r) { return r.name == name; });
      if (!found)
        results.push_back(
            refused_result(name, "",
                           "was not found in " + joined(places.directories) +
                               "; install it there, or see collect.required and --plugin-dir"));
    }
  }
  for (CollectorResult& result : results) result.required = contains(options.required, result.name);
  std::stable_sort(
      results.begin(), results.end(),
      [](const CollectorResult& a, const CollectorResult& b) { return a.name < b.name; });
  return results;
}

bool Collectors::can_observe(const Worker* worker) {
  return worker->idle() || worker->in_window() || (worker->introduced() && worker->may_restart());
}

Collectors::Collectors(PluginPlaces places, CollectOptions options, const Clock& clock,
                       std::function<bool()> interrupted, protocol::CollectorConfig config,
                       HostProfile profile)
    : body_(std::make_unique<Body>(Body{.places = std::move(places),
                                        .options = std::move(options),
                                        .clock = clock,
                                        .interrupted = std::move(interrupted),
                                        .profile = std::move(profile)})) {
  config.trace_exit = body_->options.trace_exit;
  config.observer_pids = {getpid()};
  body_->config = protocol::to_json(config);
}

Collectors::~Collectors() { body_->dismiss(body_->all()); }

void Collectors::load() { body_->load(); }

std::vector<CollectorResult> Collectors::results() const { return body_->results(); }

bool Collectors::any_ready() const {
  const Body::Workers workers = body_->all();
  return std::any_of(workers.begin(), workers.end(), can_observe);
}

void Collectors::before_exec(const ProcessTree& tree) {
  body_->close_watch();
  body_->samples.clear();
  body_->host_results.clear();
  body_->open(body_->observers(), tree);
}

void Collectors::after_last(const ProcessTree&) {
  body_->samples = body_->close(body_->observers(), body_->options.stop_max);
  body_->keep_host_results(body_->tellers());
}

bool Collectors::any_part_ready() const {
  const Body::Workers workers = body_->tellers();
  return std::any_of(workers.begin(), workers.end(), can_observe);
}

void Collectors::open_host() {
  body_->close_watch();
  body_->host_results.clear();
  body_->open(body_->tellers(), {});
}

void Collectors::close_host() {
  body_->close(body_->tellers(), body_->options.stop_max);
  body_->keep_host_results(body_->tellers());
}

HostCategories Collectors::take_host_results() { return std::exchange(body_->host_results, {}); }

std::vector<Sample> Collectors::take_samples() { return std::exchange(body_->samples, {}); }

}  // namespace melisai::collect
