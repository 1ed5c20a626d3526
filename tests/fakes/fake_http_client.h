// A server that answers as a test scripted it; the last answer is repeated.
#pragma once

#include <deque>
#include <vector>

#include "core/base/http_client.h"

namespace melisai {

class FakeHttpClient final : public HttpClient {
 public:
  std::deque<Result<HttpAnswer>> scripted;
  std::vector<HttpCall> sent;

  Result<HttpAnswer> send(const HttpCall& call, const Interrupt&) override {
    sent.push_back(call);
    Result<HttpAnswer> answer = scripted.front();
    if (scripted.size() > 1) scripted.pop_front();
    return answer;
  }
};

}  // namespace melisai
