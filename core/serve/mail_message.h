// An e-mail as text: RFC 5322 headers and a base64 body, so that nothing a stranger wrote can
// become a header or a line of its own. Pure.
#pragma once

#include <string>
#include <string_view>

#include "core/model/notice.h"
#include "core/model/serve_config.h"

namespace melisai::serve {

/// The whole message, lines end in CR LF.
std::string mail_message(const Notice& notice, const EmailOptions& email);

/// The value of a header: plain ASCII as it is, else encoded words (RFC 2047) on folded lines.
std::string header_text(std::string_view text);

/// RFC 4648, section 4.
std::string base64(std::string_view bytes);

}  // namespace melisai::serve
