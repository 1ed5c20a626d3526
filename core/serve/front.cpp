#include "core/serve/front.h"

#include <sys/stat.h>

#include <utility>

#include "core/base/log.h"

namespace melisai::serve {
namespace {

constexpr std::string_view kHooks = "/hooks/";

http::ServerOptions options_of(const HttpOptions& http) {
  http::ServerOptions options;
  options.address = http.address;
  options.port = static_cast<std::uint16_t>(http.port);
  if (!http.certificate.empty())
    options.tls = http::TlsFiles{.certificate = http.certificate, .key = http.key};
  options.connections_max = http.connections_max;
  options.streams_max = http.streams_max;
  options.request_timeout = http.request_timeout;
  options.body_max = http.body_max;
  return options;
}

using api::Metric;

/// Another text when the file was written or replaced.
std::string mark_of(const std::string& path) {
  struct stat status {};
  if (path.empty() || stat(path.c_str(), &status) != 0) return "";
  return std::to_string(status.st_ino) + " " + std::to_string(status.st_size) + " " +
         std::to_string(status.st_mtim.tv_sec) + "." + std::to_string(status.st_mtim.tv_nsec);
}

std::string marks_of(const HttpOptions& http) {
  return mark_of(http.certificate) + ", " + mark_of(http.key);
}

Metric metric(const char* name, const char* help, Metric::Type type, double value) {
  return {.name = name, .help = help, .type = type, .samples = {{.labels = {}, .value = value}}};
}

Metric gauge(const char* name, const char* help, int value) {
  return metric(name, help, Metric::Type::gauge, value);
}

Metric counter(const char* name, const char* help, std::uint64_t value) {
  return metric(name, help, Metric::Type::counter, static_cast<double>(value));
}

/// Of a server that ended and the one after it. What is open now belongs to the latter.
http::ServerCounters sum(const http::ServerCounters& ended, http::ServerCounters now) {
  now.accepted += ended.accepted;
  now.refused += ended.refused;
  now.evicted += ended.evicted;
  now.accept_errors += ended.accept_errors;
  now.requests += ended.requests;
  now.bad_requests += ended.bad_requests;
  now.timeouts += ended.timeouts;
  now.unanswered += ended.unanswered;
  return now;
}

std::vector<Metric> metrics_of(const http::ServerCounters& counters) {
  return {gauge("melisai_http_connections", "Open connections.", counters.connections),
          counter("melisai_http_connections_total", "Connections that were accepted.",
                  counters.accepted),
          counter("melisai_http_refused_total", "Connections that found all others busy.",
                  counters.refused),
          counter("melisai_http_evicted_total", "Slow connections that gave way to newer ones.",
                  counters.evicted),
          counter("melisai_http_accept_errors_total", "Times that no connection could be accepted.",
                  counters.accept_errors),
          counter("melisai_http_requests_total", "Requests that were read.", counters.requests),
          counter("melisai_http_bad_requests_total", "Requests that were refused as HTTP.",
                  counters.bad_requests),
          counter("melisai_http_timeouts_total", "Clients that were too slow.", counters.timeouts),
          counter("melisai_http_unanswered_total", "Requests without an answer in time.",
                  counters.unanswered)};
}

}  // namespace

Front::Front(Context& context, api::Daemon daemon)
    : context_(context),
      measuring_(daemon.measuring),
      hooks_{.config = context.config,
             .queue = context.queue,
             .clock = context.world.clock,
             .accept = daemon.accept,
             .approval_asked = daemon.approval_asked,
             .body_max = static_cast<std::size_t>(context.config.http.body_max)},
      api_(with_own_numbers(std::move(daemon)),
           {.metrics_public = context.config.http.metrics_public,
            .badge_public = context.config.http.badge_public}) {}

api::Daemon Front::with_own_numbers(api::Daemon daemon) {
  daemon.more_metrics = [this] {
    return metrics_of(server_ ? sum(ended_, server_->counters()) : ended_);
  };
  return daemon;
}

void Front::start(Done done) {
  http::ServerOptions options = options_of(context_.config.http);
  options.pace.slow = measuring_;
  options.clock = &context_.world.clock;
  // So many connections are files of this process.
  if (const auto raised = http::raise_descriptor_limit(
          static_cast<std::uint64_t>(options.connections_max + options.descriptors_reserved));
      !raised)
    log_warning(raised.error().message);
  tls_files_ = marks_of(context_.config.http);
  auto server = http::Server::listen(context_.loop, std::move(options),
                                     [this](const http::Request& request, http::Respond respond) {
                                       answer(request, std::move(respond));
                                     });
  if (!server) return done(server.error());
  server_ = *std::move(server);
  log_info("listening at " + address());
  done({});
}

void Front::stop(Done done) {
  if (server_) {
    ended_ = sum(ended_, server_->counters());
    ended_.connections = ended_.streams = 0;
    accept_errors_ = 0;
  }
  server_.reset();
  done({});
}

void Front::check(Checked done) {
  std::vector<supervise::Issue> issues;
  const std::uint64_t failed = server_ ? server_->counters().accept_errors : 0;
  if (failed > accept_errors_)
    issues.push_back({supervise::IssueSeverity::medium,
                      "connections cannot be accepted: the limit of open files is reached"});
  accept_errors_ = failed;
  renew_certificate();
  if (!tls_problem_.empty()) issues.push_back({supervise::IssueSeverity::medium, tls_problem_});
  done(std::move(issues));
}

/// Whoever renews a certificate replaces two files, one after the other: between the two they do
/// not belong together, and the old ones go on.
void Front::renew_certificate() {
  const std::string now = marks_of(context_.config.http);
  if (!server_ || (now == tls_files_ && tls_problem_.empty())) return;
  if (const Result<void> renewed = server_->renew_tls(); !renewed) {
    if (tls_problem_.empty()) log_warning(renewed.error().message);
    tls_problem_ = "the old certificate is used on: " + renewed.error().message;
    return;
  }
  log_info("the certificate of the front door was renewed");
  tls_files_ = now;
  tls_problem_.clear();
}

std::string Front::address() const {
  if (!server_) return "";
  const HttpOptions& http = context_.config.http;
  const std::string host =
      http.address.find(':') == std::string::npos ? http.address : "[" + http.address + "]";
  return (http.certificate.empty() ? "http://" : "https://") + host + ":" +
         std::to_string(server_->port());
}

void Front::answer(const http::Request& request, http::Respond respond) {
  if (request.path.starts_with(kHooks)) return respond(api::answer_hook(request, hooks_));
  api_.handle(request, std::move(respond));
}

}  // namespace melisai::serve
