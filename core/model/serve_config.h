// What an operator tells `melisai-gate serve`: projects to watch, when which pipeline runs, limits
// of the machine, what happens after a failure. Plain data with defaults; config/serve.yaml shows
// every key. Read by core/serve/config.h. Where two keys of the file say the same, only the meaning
// is kept.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/git.h"
#include "core/base/log.h"
#include "core/base/units.h"
#include "core/model/condition.h"
#include "core/model/log_format.h"
#include "core/model/project.h"

namespace melisai {

/// Durations of a run from which on people are told; nothing: never.
struct DurationLimits {
  std::optional<Milliseconds> warning;
  std::optional<Milliseconds> critical;  ///< not less than `warning`
  bool operator==(const DurationLimits&) const = default;
};
/// 10m/20m for build, 15m/30m for test, 5m/10m for deploy, none for other names.
DurationLimits default_duration_limits(std::string_view pipeline);

struct ServePipeline {
  PipelineSpec spec;                    ///< without `run` and benchmarks: see serve::pipelines_at()
  std::optional<Milliseconds> timeout;  ///< when the file says one; then spec.timeout is the same
  std::string timezone = "UTC";         ///< of spec.schedule; a name of the tz database
  Condition condition;
  std::map<std::string, std::string> params;  ///< defaults of the parameters of its triggers
  DurationLimits duration;
  bool operator==(const ServePipeline&) const = default;
};

/// Where the forge of a project may say that something happened: /hooks/FORGE/NAME.
struct WebhookOptions {
  std::string secret;      ///< that deliveries are signed with; "": none is believed
  std::string repository;  ///< "owner/name" there; "": nobody knows, only addresses are compared
  bool operator==(const WebhookOptions&) const = default;
};

enum class ForgeKind { github, gitlab, gitea };  ///< Forgejo is a Gitea here

/// A GitHub App that the daemon logs in as, instead of with a token.
struct ForgeApp {
  std::string id;        ///< "": none
  std::string key_file;  ///< absolute; its private key, PEM
  bool operator==(const ForgeApp&) const = default;
};

/// Where, and as whom, the forge of a project is asked who may write to it, and told of reports.
struct ForgeAccess {
  enum class Publish {
    off,
    status,  ///< the verdict at the commit: a check run, else a commit status
    comment  ///< and a comment on the pull request
  };
  ForgeKind kind = ForgeKind::github;
  std::string api;               ///< "https://api.github.com": without '/' at its end
  std::string token;             ///< for `api` alone; "" with an app
  std::string ca_file;           ///< as of EmailOptions
  bool allow_private = false;    ///< addresses of this machine and of private networks
  Milliseconds timeout{10'000};  ///< of one request
  ForgeApp app = {};
  Publish publish = Publish::off;  ///< of reports
  bool operator==(const ForgeAccess&) const = default;
};

/// Which pull requests (merge requests) run, and what lets those of strangers run.
struct PullRequestOptions {
  enum class Run {
    all,              ///< those of forks when somebody has approved them
    same_repository,  ///< only those of branches of the project's own repository
    none
  } run = Run::all;
  std::string approval_label = "melisai-gate:approved";  ///< "": no label approves
  /// For how long a head has to be known until an approval counts that does not name it.
  Milliseconds approval_age{60'000};
  /// For how long the forge is asked whether somebody may approve, when it does not answer.
  Milliseconds approval_timeout{600'000};
  bool operator==(const PullRequestOptions&) const = default;
};

struct WatchedProject {
  std::string name;                      ///< unique; no '/'
  std::string repository;                ///< an address, or an absolute path
  std::string token;                     ///< for `repository` alone; "": none
  std::vector<std::string> branches;     ///< patterns
  std::vector<std::string> tags;         ///< patterns
  std::vector<ServePipeline> pipelines;  ///< empty: ServeConfig::pipelines
  WebhookOptions webhook = {};
  std::optional<ForgeAccess> forge = {};  ///< with it, webhook.repository is known
  PullRequestOptions pull_requests = {};
  bool operator==(const WatchedProject&) const = default;
};

/// A pipeline, or another workflow: one of both names is "".
struct WorkflowStep {
  std::string pipeline;
  std::string workflow;
  std::map<std::string, std::string> params;
  Condition condition;
  bool operator==(const WorkflowStep&) const = default;
};

/// Steps that run one after the other. A step whose condition does not hold is skipped. After one
/// that did not pass only steps run whose condition names results.
struct Workflow {
  std::string name;                   ///< unlike every pipeline's
  std::vector<std::string> projects;  ///< that have it; empty: all
  PipelineSpec::Trigger trigger = PipelineSpec::Trigger::manual;
  std::vector<std::string> after;  ///< as of PipelineSpec
  std::string schedule;            ///< as of PipelineSpec
  std::string timezone = "UTC";
  std::optional<Milliseconds> timeout;  ///< of all steps together
  std::vector<WorkflowStep> steps;
  bool operator==(const Workflow&) const = default;
};

/// A program that prints JSON lines, each of which starts a run.
struct CustomTrigger {
  std::string name;
  std::vector<std::string> argv;
  std::string project;                 ///< what it is about; one of ServeConfig::projects
  std::vector<std::string> pipelines;  ///< and workflows, that its lines may name
  bool commits = false;  ///< its lines may tell of commits, each of which counts as a push
  bool restart = true;   ///< again when it ends, with a growing delay
  bool operator==(const CustomTrigger&) const = default;
};

struct MonitorOptions {
  enum class Method { polling, webhook } method = Method::polling;
  Milliseconds interval{60'000};
  int port = 8080;     ///< of webhooks
  std::string secret;  ///< of webhooks, and of projects that have none of their own
  bool operator==(const MonitorOptions&) const = default;
};

struct ResourceLimits {
  Bytes memory_max = 4'000'000'000;  ///< of one pipeline
  double cpus_max = 4;               ///< of one pipeline
  bool operator==(const ResourceLimits&) const = default;
};

/// Before a benchmark.
struct PreflightOptions {
  Milliseconds quiet_wait{30'000};  ///< for the machine to be quiet; 0: nobody looks
  bool operator==(const PreflightOptions&) const = default;
};

struct FailurePolicy {
  bool auto_fix = false;
  bool bisect = true;            ///< look for the commit of a regression
  int fixes_max = 3;             ///< of one failing run
  int retries_max = 3;           ///< of one run, after failures of the infrastructure
  int inconclusive_retries = 1;  ///< of one run, after attempts that were too noisy to tell
  int escalate_after = 3;        ///< failures of a pipeline in a row
  bool notify = true;            ///< of every failure
  bool pause = false;            ///< a pipeline that failed waits for `resume`
  bool operator==(const FailurePolicy&) const = default;
};

struct PersistenceOptions {
  enum class Backend { sqlite, redis } backend = Backend::sqlite;
  std::string redis_host = "localhost";
  int redis_port = 6379;
  int redis_db = 0;
  Milliseconds keep{30 * 24 * 3'600'000LL};  ///< what is over
  int keep_runs = 50;                        ///< of each pipeline, however old
  bool operator==(const PersistenceOptions&) const = default;
};

/// What each does is said in config/serve.yaml.
struct Optimization {
  bool parallel_execution = true;
  bool cache_dependencies = true;
  bool incremental_builds = false;
  bool skip_unchanged_tests = false;
  bool retry_failed_tests = false;
  bool verify_fixes = true;
  bool thorough_health_checks = false;
  bool operator==(const Optimization&) const = default;
};

/// Of runs of code that nobody trusts.
struct UntrustedOptions {
  enum class Sandbox { required, off } sandbox = Sandbox::required;
  bool network = false;            ///< that of this machine, in the sandbox
  std::vector<std::string> paths;  ///< absolute; may be read in the sandbox
  // Of one command and all that it starts, in the sandbox. 0: none.
  Bytes memory_max = 4'000'000'000;
  int processes_max = 4'096;              ///< and threads
  Bytes file_size_max = Bytes{16} << 30;  ///< of one file
  int open_files_max = 16'384;            ///< of one process
  bool operator==(const UntrustedOptions&) const = default;
};

struct OrchestratorOptions {
  int pipelines_max = 3;  ///< at the same time
  std::string workspace;  ///< absolute; "": STATE_DIR/workspace
  CacheOptions cache{.enabled = true, .size_max = 1 << 30, .age_max = Milliseconds{3'600'000}};
  ResourceLimits resources;
  PreflightOptions preflight;
  StageTimeouts timeouts;
  MonitorOptions monitoring;
  FailurePolicy failure;
  PersistenceOptions persistence;
  Optimization optimization;
  UntrustedOptions untrusted;
  bool operator==(const OrchestratorOptions&) const = default;
};

struct LogFile {
  std::string name = "orchestrator.log";  ///< absolute, or below STATE_DIR
  Bytes size_max = 10 << 20;              ///< then a new one begins
  int backups_max = 5;                    ///< older ones that are kept
  bool operator==(const LogFile&) const = default;
};

struct LogOptions {
  LogLevel level = LogLevel::info;
  LogFormat format = *parse_log_format(kLogFormatByDefault);
  std::vector<LogFile> files = {LogFile{}};
  bool console = true;
  bool operator==(const LogOptions&) const = default;
};

/// The front door: webhooks, API, metrics.
struct HttpOptions {
  bool enabled = false;
  std::string address = "127.0.0.1";  ///< IPv4 or IPv6
  int port = 8080;                    ///< 0: any that is free
  std::string certificate;            ///< absolute; "": no TLS
  std::string key;                    ///< absolute
  int connections_max = 8192;
  int streams_max = 1024;                ///< of them, that get events or logs as they come
  Milliseconds request_timeout{10'000};  ///< until a request is there whole
  Bytes body_max = 1 << 20;
  bool metrics_public = false;  ///< /metrics needs no token
  bool badge_public = false;    ///< /badge.svg needs no token
  int workflows_max = 50;       ///< that are stored over the API; 0: none
  Bytes workflow_size_max = 16 << 10;
  bool operator==(const HttpOptions&) const = default;
};

struct EmailOptions {
  enum class Tls { starttls, always, never };
  std::string host;  ///< "": no e-mail
  int port = 25;
  Tls tls = Tls::starttls;
  std::string ca_file;  ///< absolute; whom to trust instead of the system's authorities
  std::string user;     ///< "": the server takes mail from anybody
  std::string password;
  std::string from;
  std::vector<std::string> to;
  bool operator==(const EmailOptions&) const = default;
};

/// A service that takes notices over the web.
struct WebNoticeOptions {
  enum class Format { json, slack };
  std::string url;  ///< "": none; may hold a secret
  Format format = Format::json;
  std::string token;           ///< sent as a bearer token; "" for none
  std::string ca_file;         ///< as of EmailOptions
  bool allow_private = false;  ///< addresses of this machine and of private networks
  bool operator==(const WebNoticeOptions&) const = default;
};

struct NotifyOptions {
  RunLine command;  ///< gets JSON on standard input
  EmailOptions email;
  WebNoticeOptions web;
  bool log = true;
  Milliseconds timeout{30'000};  ///< of one delivery
  int retries_max = 5;           ///< of one delivery; then it is given up
  bool operator==(const NotifyOptions&) const = default;
};

/// Where ${secret:NAME} comes from; one of both is "". Without an entry: the variable NAME.
struct SecretSource {
  std::string file;  ///< absolute
  std::string env;   ///< name of a variable
  bool operator==(const SecretSource&) const = default;
};

struct ServeConfig {
  OrchestratorOptions orchestrator;
  LogOptions logging;
  GitOptions git;
  std::vector<WatchedProject> projects;
  std::vector<ServePipeline> pipelines;  ///< of every project without its own; empty: those of each
                                         ///< repository's pipeline file
  std::vector<Workflow> workflows;
  std::vector<CustomTrigger> triggers;
  HttpOptions http;
  NotifyOptions notify;
  RunLine fixer;  ///< gets evidence as JSON on standard input and prints a patch
  /// Variables that this file names with ${NAME}, unless every stage sees them anyway: whatever
  /// they hold is the operator's, and nothing that was pushed may read them.
  std::set<std::string> secrets;
  std::map<std::string, SecretSource> secret_sources;
  std::set<std::string> secret_names;  ///< that ${secret:NAME} names somewhere in the file
  bool operator==(const ServeConfig&) const = default;
};

}  // namespace melisai
