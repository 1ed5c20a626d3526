// Front: the front door as a module: HTTP for webhooks (core/api/hooks.h) and for people and
// programs with a token (core/api/api.h).
#pragma once

#include <memory>
#include <string>

#include "core/api/api.h"
#include "core/api/hooks.h"
#include "core/http/server.h"
#include "core/serve/context.h"

namespace melisai::serve {

class Front final : public supervise::Module {
 public:
  /// `daemon` without what this class knows itself: the server's numbers.
  Front(Context& context, api::Daemon daemon);

  void start(Done done) override;
  void stop(Done done) override;
  void check(Checked done) override;

  /// "http://127.0.0.1:8080"; "" while nobody listens.
  std::string address() const;

 private:
  api::Daemon with_own_numbers(api::Daemon daemon);
  void answer(const http::Request& request, http::Respond respond);
  void renew_certificate();

  Context& context_;
  std::function<bool()> measuring_;
  api::HookContext hooks_;
  api::Api api_;
  std::unique_ptr<http::Server> server_;
  http::ServerCounters ended_;       // of servers before this one: counters never fall
  std::uint64_t accept_errors_ = 0;  // at the last check
  std::string tls_files_;            // what tells the files that are used from later ones
  std::string tls_problem_;          // of the later ones, which are not used
};

}  // namespace melisai::serve
