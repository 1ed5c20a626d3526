// What the handlers share. Private to core/api.
#pragma once

#include <memory>

#include "core/api/api.h"
#include "core/api/beats.h"
#include "core/api/call.h"
#include "core/api/tokens.h"
#include "core/api/totals.h"
#include "core/api/waits.h"

namespace melisai::api {

struct Api::Parts {
  Parts(Daemon given, ApiOptions chosen)
      : daemon(std::move(given)),
        options(chosen),
        tokens(daemon.state_dir),
        beats(daemon),
        waits(daemon, beats),
        totals(daemon) {}

  Daemon daemon;
  ApiOptions options;
  Tokens tokens;
  Beats beats;
  Waits waits;
  TotalsCache totals;
  /// Tells the events of this life of the daemon from those of another.
  std::string life = std::to_string(daemon.clock.now().time_since_epoch() / Milliseconds{1});
  /// Somebody reads the history. Shared: who reads may end after the Api.
  std::shared_ptr<bool> history_is_read = std::make_shared<bool>(false);
  std::uint64_t refused = 0;  ///< requests without a good token
};

/// `work` off the loop, then its result as the answer, on the loop. `work` owns what it uses.
template <class Work>
void answer_from_pool(const Daemon& daemon, http::Respond respond, Work work) {
  daemon.in_pool([in_loop = daemon.in_loop, respond = std::move(respond), work = std::move(work)] {
    // shared: what travels through std::function has to be copyable.
    const auto response = std::make_shared<http::Response>(work());
    in_loop([respond, response] { respond(std::move(*response)); });
  });
}

}  // namespace melisai::api
