"""Answers of a real Camunda 8.6.0 in states that can't be asked for over REST: overload, broker gone, 401.

``<key>`` and ``<run>`` in a body stand for the request's own key and job type; ``instance`` for its path.
"""

from __future__ import annotations

from typing import Any

#: Name to the request it was recorded on, and the answer; ``seconds`` is how long the engine took.
ENGINE_STATES: dict[str, dict[str, Any]] = {
    "backpressure_command": {
        "about": "partition's request limit reached (8.6.0: 429; 8.8+: 503, same title)",
        "request": "POST /v2/process-instances",
        "status": 429,
        "headers": {"content-type": "application/problem+json"},
        "body": {
            "type": "about:blank",
            "title": "RESOURCE_EXHAUSTED",
            "status": 429,
            "detail": "Failed to write client request to partition '1', because the request limit is exhausted.",
            "instance": "/v2/process-instances",
        },
        "seconds": 0.8,
        "was_it_applied": "no",
    },
    "backpressure_activation": {
        "about": "a poll that met the request limit and found no job (8.6.0: 500; later 8.6/8.7 "
        "patches: 429; 8.8+: 503)",
        "request": "POST /v2/jobs/activation",
        "status": 500,
        "headers": {"content-type": "application/problem+json", "connection": "close"},
        "body": {
            "type": "about:blank",
            "title": "java.lang.RuntimeException",
            "status": 500,
            "detail": "Unexpected error occurred during the request processing: Expected "
            "to activate jobs of type 't-<run>', but no jobs available and at "
            "least one broker returned 'RESOURCE_EXHAUSTED'. Please try again "
            "later.",
            "instance": "/v2/jobs/activation",
        },
        "seconds": 0.4,
        "was_it_applied": "no",
    },
    "processing_paused": {
        "about": "an operator paused processing",
        "request": "POST /v2/jobs/{key}/completion",
        "status": 500,
        "headers": {"content-type": "application/problem+json", "connection": "close"},
        "body": {
            "type": "about:blank",
            "title": "INTERNAL_ERROR",
            "status": 500,
            "detail": "Received an unexpected error from the broker, code: INTERNAL_ERROR, "
            "message: Processing paused for partition '1'",
            "instance": "/v2/jobs/<key>/completion",
        },
        "seconds": 0.2,
        "was_it_applied": "no",
    },
    "processing_paused_activation": {
        "about": "a poll meanwhile looks like 'no jobs'",
        "request": "POST /v2/jobs/activation",
        "status": 200,
        "headers": {"content-type": "application/json"},
        "body": {"jobs": []},
        "seconds": 1.3,
        "was_it_applied": "-",
    },
    "no_such_partition": {
        "about": "the key's partition does not exist: permanent, though it is a 503",
        "request": "POST /v2/jobs/{key}/completion",
        "status": 503,
        "headers": {"content-type": "application/problem+json", "connection": "close"},
        "body": {
            "type": "about:blank",
            "title": "io.camunda.zeebe.broker.client.api.PartitionNotFoundException",
            "status": 503,
            "detail": "Expected to handle REST API request, but request could not be delivered",
            "instance": "/v2/jobs/1/completion",
        },
        "seconds": 0.0,
        "was_it_applied": "no",
    },
    "too_large_batch": {
        "about": "variables too large for a record batch",
        "request": "POST /v2/jobs/{key}/completion",
        "status": 500,
        "headers": {"content-type": "application/problem+json", "connection": "close"},
        "body": {
            "type": "about:blank",
            "title": "EXCEEDED_BATCH_RECORD_SIZE",
            "status": 500,
            "detail": "Command 'COMPLETE' rejected with code 'EXCEEDED_BATCH_RECORD_SIZE': ",
            "instance": "/v2/jobs/<key>/completion",
        },
        "seconds": 0.3,
        "was_it_applied": "no",
    },
    "too_large_message": {
        "about": "request above the 4 MB message limit",
        "request": "POST /v2/jobs/{key}/completion",
        "status": 500,
        "headers": {"content-type": "application/problem+json", "connection": "close"},
        "body": {
            "type": "about:blank",
            "title": "MALFORMED_REQUEST",
            "status": 500,
            "detail": "Received an unexpected error from the broker, code: MALFORMED_REQUEST, "
            "message: Request size is above configured maxMessageSize.",
            "instance": "/v2/jobs/<key>/completion",
        },
        "seconds": 0.1,
        "was_it_applied": "no",
    },
    "web_server_poll_limit": {
        "about": "requestTimeout above 30 s; the poll stays registered and swallows the next job",
        "request": "POST /v2/jobs/activation",
        "status": 503,
        "headers": {"content-type": "application/problem+json", "connection": "close"},
        "body": {
            "type": "about:blank",
            "title": "Service Unavailable",
            "status": 503,
            "instance": "/v2/jobs/activation",
        },
        "seconds": 30.6,
        "was_it_applied": "maybe",
    },
    "await_timeout": {
        "about": "awaitCompletion not fulfilled in 15 s; the instance runs on",
        "request": "POST /v2/process-instances {awaitCompletion}",
        "status": 504,
        "headers": {"content-type": "application/problem+json"},
        "body": {
            "type": "about:blank",
            "title": "java.util.concurrent.TimeoutException",
            "status": 504,
            "detail": "Expected to handle REST API request, but request timed out between gateway and broker",
            "instance": "/v2/process-instances",
        },
        "seconds": 15.0,
        "was_it_applied": "yes",
    },
    "broker_frozen": {
        "about": "no answer from the broker within 15 s",
        "request": "POST /v2/jobs/{key}/completion",
        "status": 504,
        "headers": {"content-type": "application/problem+json"},
        "body": {
            "type": "about:blank",
            "title": "java.util.concurrent.TimeoutException",
            "status": 504,
            "detail": "Expected to handle REST API request, but request timed out between gateway and broker",
            "instance": "/v2/jobs/<key>/completion",
        },
        "seconds": 15.1,
        "was_it_applied": "unknown",
    },
    "broker_frozen_activation": {
        "about": "a poll meanwhile: 15 s longer than asked for, then 'no jobs'",
        "request": "POST /v2/jobs/activation",
        "status": 200,
        "headers": {"content-type": "application/json"},
        "body": {"jobs": []},
        "seconds": 18.6,
        "was_it_applied": "maybe",
    },
    "connection_cut": {
        "about": "the broker went away while the command was under way",
        "request": "POST /v2/jobs/{key}/completion",
        "status": 502,
        "headers": {"content-type": "application/problem+json"},
        "body": {
            "type": "about:blank",
            "title": "io.atomix.cluster.messaging.MessagingException$ConnectionClosed",
            "status": 502,
            "detail": "Expected to handle REST API request, but the connection was cut prematurely "
            "with the broker; the request may or may not have been accepted, and may not "
            "be safe to retry",
            "instance": "/v2/jobs/<key>/completion",
        },
        "seconds": 0.2,
        "was_it_applied": "unknown",
    },
    "broker_unreachable": {
        "about": "no connection to the broker",
        "request": "POST /v2/jobs/{key}/completion",
        "status": 503,
        "headers": {"content-type": "application/problem+json", "connection": "close"},
        "body": {
            "type": "about:blank",
            "title": "java.net.ConnectException",
            "status": 503,
            "detail": "Expected to handle REST API request, but there was a connection error with one of the brokers",
            "instance": "/v2/jobs/<key>/completion",
        },
        "seconds": 0.0,
        "was_it_applied": "no",
    },
    "broker_unreachable_activation": {
        "about": "a poll meanwhile looks like 'no jobs'",
        "request": "POST /v2/jobs/activation",
        "status": 200,
        "headers": {"content-type": "application/json"},
        "body": {"jobs": []},
        "seconds": 1.5,
        "was_it_applied": "-",
    },
    "broker_unreachable_topology": {
        "about": "after about 10 s the topology has no brokers member at all",
        "request": "GET /v2/topology",
        "status": 200,
        "headers": {"content-type": "application/json"},
        "body": {"clusterSize": 1, "partitionsCount": 1, "replicationFactor": 1, "gatewayVersion": "8.6.0"},
        "seconds": 0.0,
        "was_it_applied": "-",
    },
    "gateway_without_cluster_topology": {
        "about": "a gateway that has not met a broker yet",
        "request": "GET /v2/topology",
        "status": 200,
        "headers": {"content-type": "application/json"},
        "body": {"clusterSize": -1, "partitionsCount": 0, "replicationFactor": 0, "gatewayVersion": "8.6.0"},
        "seconds": 0.1,
        "was_it_applied": "-",
    },
    "gateway_without_cluster": {
        "about": "same",
        "request": "POST /v2/messages/publication",
        "status": 500,
        "headers": {"content-type": "application/problem+json", "connection": "close"},
        "body": {
            "type": "about:blank",
            "title": "io.camunda.zeebe.broker.client.api.NoTopologyAvailableException",
            "status": 500,
            "detail": "Unexpected error occurred during the request processing: Expected "
            "to pick partition for message with correlation key '1', but "
            "topology contains no partitions",
            "instance": "/v2/messages/publication",
        },
        "seconds": 0.2,
        "was_it_applied": "no",
    },
    "gateway_without_cluster_completion": {
        "about": "same: cannot be distinguished from no_such_partition",
        "request": "POST /v2/jobs/{key}/completion",
        "status": 503,
        "headers": {"content-type": "application/problem+json", "connection": "close"},
        "body": {
            "type": "about:blank",
            "title": "io.camunda.zeebe.broker.client.api.PartitionNotFoundException",
            "status": 503,
            "detail": "Expected to handle REST API request, but request could not be delivered",
            "instance": "/v2/jobs/<key>/completion",
        },
        "seconds": 0.0,
        "was_it_applied": "no",
    },
    "unauthorized_none": {
        "about": "no Authorization header (checked before the route and the body) (8.6.0 with "
        "identity-auth against a stand-in OIDC provider of ours)",
        "request": "GET /v2/topology",
        "status": 401,
        "headers": {
            "content-type": "application/problem+json;charset=UTF-8",
            "cache-control": "no-cache, no-store, max-age=0, must-revalidate",
        },
        "body": {
            "type": "about:blank",
            "title": "Unauthorized",
            "status": 401,
            "detail": "Access Denied",
            "instance": "/v2/topology",
        },
        "seconds": 0.0,
        "was_it_applied": "no",
    },
    "unauthorized_expired": {
        "about": "expired token; no leeway (5 s late was refused); no WWW-Authenticate header "
        "(8.6.0 with identity-auth against a stand-in OIDC provider of ours)",
        "request": "GET /v2/topology",
        "status": 401,
        "headers": {
            "content-type": "application/problem+json;charset=UTF-8",
            "cache-control": "no-cache, no-store, max-age=0, must-revalidate",
        },
        "body": {
            "type": "about:blank",
            "title": "Unauthorized",
            "status": 401,
            "detail": "the token has expired",
            "instance": "/v2/topology",
        },
        "seconds": 0.0,
        "was_it_applied": "no",
    },
    "unauthorized_malformed": {
        "about": 'not a JWT, Basic credentials, or the scheme written "bearer" (8.6.0 with '
        "identity-auth against a stand-in OIDC provider of ours)",
        "request": "GET /v2/topology",
        "status": 401,
        "headers": {
            "content-type": "application/problem+json;charset=UTF-8",
            "cache-control": "no-cache, no-store, max-age=0, must-revalidate",
        },
        "body": {
            "type": "about:blank",
            "title": "Unauthorized",
            "status": 401,
            "detail": "error decoding jwt",
            "instance": "/v2/topology",
        },
        "seconds": 0.0,
        "was_it_applied": "no",
    },
    "unauthorized_audience": {
        "about": "token for another audience (8.6.0 with identity-auth against a stand-in OIDC provider of ours)",
        "request": "GET /v2/topology",
        "status": 401,
        "headers": {
            "content-type": "application/problem+json;charset=UTF-8",
            "cache-control": "no-cache, no-store, max-age=0, must-revalidate",
        },
        "body": {
            "type": "about:blank",
            "title": "Unauthorized",
            "status": 401,
            "detail": "the provided claims are invalid",
            "instance": "/v2/topology",
        },
        "seconds": 0.0,
        "was_it_applied": "no",
    },
}
