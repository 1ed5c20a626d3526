#include "core/api/handlers.h"
#include "core/api/openapi.h"

namespace melisai::api {

void show_openapi(Parts&, Call call) {
  call.respond({.status = 200, .body = std::string(kOpenApi)});
}

}  // namespace melisai::api
