#include "core/serve/orchestrator_section.h"

#include <array>
#include <optional>

#include "core/base/text.h"
#include "core/serve/untrusted_section.h"

namespace melisai::serve {
namespace {

using namespace std::chrono_literals;
using std::chrono::days;

constexpr ConfigRange<Milliseconds> kIntervalRange = {.min = 1s, .max = days(1)};
// Deliveries get lost: forges do not repeat what nobody took.
constexpr Milliseconds kIntervalBesideWebhooks = std::chrono::minutes(10);
constexpr ConfigRange<int> kPortRange = {.min = 1, .max = 65'535};
// What follows a run may look a day back (unchanged tests, follow-ups, ids of triggers).
constexpr ConfigRange<Milliseconds> kKeepRange = {.min = days(2), .max = days(3'660)};
constexpr ConfigRange<int> kTriesRange = {.min = 0, .max = 100};

CacheOptions read_cache(const ConfigValue& section, CacheOptions cache, Reading& reading) {
  ConfigMap map(section, reading.errors);
  cache.enabled = map.boolean("enabled", cache.enabled);
  cache.age_max = map.duration("ttl", cache.age_max, {.min = 1s, .max = days(366)});
  cache.size_max = map.bytes("max_size", cache.size_max, {.min = 1 << 20, .max = Bytes{16} << 40});
  map.finish();
  return cache;
}

ResourceLimits read_resources(const ConfigValue& section, Reading& reading) {
  ResourceLimits limits;
  ConfigMap map(section, reading.errors);
  limits.memory_max =
      map.bytes("max_memory", limits.memory_max, {.min = 16 << 20, .max = Bytes{16} << 40});
  limits.cpus_max = map.number("max_cpu_cores", limits.cpus_max, {.min = 0.1, .max = 4096});
  map.finish();
  return limits;
}

PreflightOptions read_preflight(const ConfigValue& section, Reading& reading) {
  PreflightOptions preflight;
  ConfigMap map(section, reading.errors);
  preflight.quiet_wait =
      map.duration("quiet_wait", preflight.quiet_wait, {.min = 0s, .max = days(1)});
  map.finish();
  return preflight;
}

StageTimeouts read_timeouts(const ConfigValue& section, Reading& reading) {
  StageTimeouts timeouts;
  ConfigMap map(section, reading.errors);
  timeouts.build = map.duration("build", timeouts.build, run::kTimeoutRange);
  timeouts.test = map.duration("test", timeouts.test, run::kTimeoutRange);
  timeouts.deploy = map.duration("deploy", timeouts.deploy, run::kTimeoutRange);
  map.finish();
  return timeouts;
}

// Without webhooks, or a project that they are about, a variable that is not set harms nobody.
std::string read_secret(ConfigMap& map, bool by_webhook, OrchestratorSection& read,
                        Reading& reading) {
  const Result<std::string> secret = reading.env.expand_private(map.string("secret", ""));
  if (secret) return by_webhook ? expanded(map, "secret", reading) : *secret;
  read.secret_problem = secret.error().message;
  read.secret_missing = map.find("secret")->position;
  return "";
}

void read_monitoring(const ConfigValue& section, std::optional<Milliseconds> polling_interval,
                     OrchestratorSection& read, Reading& reading) {
  constexpr std::array<std::string_view, 2> kMethods = {"polling", "webhook"};
  MonitorOptions& options = read.options.monitoring;
  ConfigMap map(section, reading.errors);
  const bool by_webhook = map.one_of("method", kMethods, "polling") == "webhook";
  if (by_webhook) options.method = MonitorOptions::Method::webhook;
  const Milliseconds usual = by_webhook ? kIntervalBesideWebhooks : options.interval;
  options.interval = map.duration("interval", polling_interval.value_or(usual), kIntervalRange);
  read.branches = read_ref_patterns(map, "branches", reading, read.branches);
  options.port = map.integer("port", options.port, kPortRange);
  options.secret = read_secret(map, by_webhook, read, reading);
  map.finish();
  if (!by_webhook)
    read.secret_missing.reset();
  else if (options.secret.empty() && !read.secret_missing)
    read.secret_missing = section.position;
}

FailurePolicy read_failures(const ConfigValue& section, FailurePolicy policy, Reading& reading) {
  ConfigMap map(section, reading.errors);
  policy.auto_fix = map.boolean("auto_fix", policy.auto_fix);
  policy.retries_max = map.integer("max_retries", policy.retries_max, kTriesRange);
  policy.inconclusive_retries =
      map.integer("inconclusive_retries", policy.inconclusive_retries, {.min = 0, .max = 10});
  policy.escalate_after =
      map.integer("escalate_after", policy.escalate_after, {.min = 1, .max = 100});
  policy.notify = map.boolean("notify_on_failure", policy.notify);
  policy.pause = map.boolean("pause_on_failure", policy.pause);
  policy.bisect = map.boolean("bisect", policy.bisect);
  map.finish();
  return policy;
}

PersistenceOptions read_persistence(const ConfigValue& section, Reading& reading) {
  constexpr std::array<std::string_view, 2> kBackends = {"sqlite", "redis"};
  PersistenceOptions options;
  ConfigMap map(section, reading.errors);
  const bool enabled = map.boolean("enabled", true);
  const bool is_redis = map.one_of("backend", kBackends, "sqlite") == "redis";
  if (is_redis) options.backend = PersistenceOptions::Backend::redis;
  ConfigMap redis(map.section("redis"), reading.errors);
  options.redis_host = redis.string("host", options.redis_host);
  options.redis_port = redis.integer("port", options.redis_port, kPortRange);
  options.redis_db = redis.integer("db", options.redis_db, {.min = 0, .max = 1'000'000});
  redis.finish();
  options.keep = map.duration("keep", options.keep, kKeepRange);
  options.keep_runs = map.integer("keep_runs", options.keep_runs, {.min = 1, .max = 100'000});
  map.finish();
  if (is_redis)
    reading.remark(
        "persistence.backend is redis: this version keeps its state in SQLite, in the "
        "state directory");
  if (!enabled)
    reading.remark(
        "persistence.enabled is false: accepted runs are kept all the same, so that none "
        "is lost");
  return options;
}

Optimization read_optimization(const ConfigValue& section, Reading& reading) {
  Optimization flags;
  ConfigMap map(section, reading.errors);
  flags.parallel_execution = map.boolean("parallel_execution", flags.parallel_execution);
  flags.cache_dependencies = map.boolean("cache_dependencies", flags.cache_dependencies);
  flags.incremental_builds = map.boolean("incremental_builds", flags.incremental_builds);
  flags.skip_unchanged_tests = map.boolean("skip_unchanged_tests", flags.skip_unchanged_tests);
  flags.retry_failed_tests = map.boolean("retry_failed_tests", flags.retry_failed_tests);
  flags.verify_fixes = map.boolean("verify_fixes", flags.verify_fixes);
  flags.thorough_health_checks =
      map.boolean("thorough_health_checks", flags.thorough_health_checks);
  map.finish();
  if (!flags.verify_fixes)
    reading.remark(
        "verify_fixes is false: a fix is offered only when its pipeline passed all the same");
  return flags;
}

}  // namespace

// Where a flat and a nested key say the same, the nested one wins.
OrchestratorSection read_orchestrator(const ConfigValue& section, Reading& reading) {
  OrchestratorSection read{.options = {}, .branches = {"*"}};
  OrchestratorOptions& options = read.options;
  ConfigMap map(section, reading.errors);
  std::optional<Milliseconds> polling_interval;
  if (map.find("polling_interval") != nullptr)
    polling_interval =
        map.duration("polling_interval", options.monitoring.interval, kIntervalRange);
  options.pipelines_max =
      map.integer("max_parallel_pipelines", options.pipelines_max, {.min = 1, .max = 1000});
  options.failure.auto_fix = map.boolean("auto_fix_enabled", options.failure.auto_fix);
  options.failure.fixes_max =
      map.integer("max_fix_retries", options.failure.fixes_max, kTriesRange);
  options.workspace = absolute_path(expanded(map, "workspace", reading), reading);
  options.cache = read_cache(map.section("cache"), options.cache, reading);
  options.resources = read_resources(map.section("resources"), reading);
  options.preflight = read_preflight(map.section("preflight"), reading);
  options.timeouts = read_timeouts(map.section("timeouts"), reading);
  read_monitoring(map.section("monitoring"), polling_interval, read, reading);
  options.failure = read_failures(map.section("failure_handling"), options.failure, reading);
  options.persistence = read_persistence(map.section("persistence"), reading);
  options.untrusted = read_untrusted(map.section("untrusted"), reading);
  options.optimization = read_optimization(map.section("optimization"), reading);
  // What pipelines keep for their next run is what they depend on.
  if (!options.optimization.cache_dependencies) options.cache.enabled = false;
  map.finish();
  return read;
}

}  // namespace melisai::serve
