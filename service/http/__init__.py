"""HTTP: request bodies, answers, refusals, headers, and their OpenAPI description."""
