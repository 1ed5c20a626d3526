// A notice as a request to a web service. Pure.
#pragma once

#include "core/base/http_client.h"
#include "core/model/notice.h"
#include "core/model/serve_config.h"

namespace melisai::serve {

/// POST of to_json(notice), or of {"text": text_of(notice)} in which nothing is markup and nobody
/// is mentioned.
HttpCall web_call(const Notice& notice, const NotifyOptions& options);

}  // namespace melisai::serve
