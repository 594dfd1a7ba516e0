"""The faults that the worker promises to survive: what is injected, what is promised, and who proves it.

Tests name their rows by ``@pytest.mark.fault(...)``; rows proved by tests of other folders name those here, and rows
that can't be had here give the reason. ``docs/faults.md`` is written from this list:
``python -m tests.faults.rows > docs/faults.md``.
"""

# ruff: noqa: E501 - a row of a table is read as a row

from __future__ import annotations

import ast
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
HERE = Path(__file__).parent
AREAS = {
    "A": "Network", "B": "Authentication", "C": "Jobs", "D": "Handlers", "E": "Signals and ends", "F": "Logs",
    "G": "Configuration and environment", "H": "Load",
}  # fmt: skip


@dataclass(frozen=True)
class Row:
    """One fault."""

    number: int
    area: str
    fault: str
    injected: str
    promise: str
    #: ``file::test`` outside this folder that prove it.
    elsewhere: tuple[str, ...] = ()
    #: Why there is no test, or none of all of it.
    reason: str = ""


WORKER = "integration/test_worker.py::"
WIRE = "integration/test_wire.py::"
EXCHANGE = "integration/test_exchange.py::"
CACHE = "unit/c8/auth/test_cache.py::"
OUTCOME = "unit/c8/worker/test_outcome.py::"
CLI = "acceptance/test_cli_worker.py::"
LOGS = "acceptance/test_log_output.py::"
LOG = "unit/test_log.py::"
ORDERS = "acceptance/test_import_orders.py::"
OPTIONS = "unit/config/test_models.py::"
TARGET = "unit/cli/test_target.py::"
CURRENT = "unit/config/test_current.py::"
EXTENDER = "unit/c8/worker/test_extender.py::"
POLLER = "unit/c8/worker/test_poller.py::"
COMMANDS = "unit/c8/worker/test_commands.py::"
CUSTODY = "unit/c8/worker/test_custody.py::"

ROWS = (
    Row(1, "A", "Engine not up at start", "the port is closed, then open", "work begins by itself; one warning, growing waits, one recovery"),
    Row(2, "A", "Engine killed while polls are parked", "SIGKILL of an engine in a process of its own, restart on its data", "polls go on, no job runs twice"),
    Row(3, "A", "Engine killed between a handler's end and its report", "fifty handlers end while it is dead", "their outcomes are reported when it is back"),
    Row(4, "A", "Connection refused, reset or closed before the report arrives", "RST or FIN, three times", "sent again; completed once, run once"),
    Row(5, "A", "Report applied, its answer lost", "connection closed instead of the answer", "404 (409 for a failure) then counts as done"),
    Row(7, "A", "Job gone at the first report", "instance cancelled while the handler runs", "one warning, nothing more sent"),
    Row(8, "A", "Job in a state that takes no outcome (409)", "somebody else threw an error for it", "one line, nothing more sent"),
    Row(9, "A", "Report accepted and never answered", "a server that is silent", "given up after 10 s, sent again on another connection"),
    Row(11, "A", "Answer a byte at a time", "half a second between bytes", "the deadline is of the whole answer"),
    Row(13, "A", "Answer to a poll cut in its head or body", "half a header, half a body, then FIN", "a failure, never 'no jobs'"),
    Row(14, "A", "Connections closed by the server", "closed after every answer", "no job lost, no job run again, no noise"),
    Row(15, "A", "A proxy's 500, 502, 503, 504 for a report; 503 for long", "HTML pages; 4 s of 503 (20 s in the soak) with leases of 1 s", "sent again while the lease is extended; run once"),
    Row(16, "A", "502 or 504 though the report was applied", "answered by the proxy after the engine", "404 then counts as done"),
    Row(17, "A", "Sign-in page with status 200", "HTML for polls and for completions", "never taken for an answer of Camunda"),
    Row(18, "A", "Back-pressure", "an engine that refuses commands with 429 and polls with 500, as 8.6.0 does at its limit", "asked less, all completed once, no alarm"),
    Row(20, "A", "503 RESOURCE_EXHAUSTED with Retry-After of 2, 99999, nonsense, a date", "answered by the proxy", "heeded up to polling_interval, nonsense ignored"),
    Row(21, "A", "Key of a partition that is not there (503 for ever)", "a foreign key through the client API", "tried a few times, then an error", ("acceptance/test_api_on_camunda.py::test_a_key_of_another_cluster_fails_after_a_few_tries",)),
    Row(22, "A", "Result too large for the broker's log (500)", "2.5 MB", "sent once; the job fails with the reason"),
    Row(23, "A", "Result too large for a message (500)", "8 MB", "sent once; the job fails with the reason"),
    Row(24, "A", "401 once", "for one completion", "one new token, one repetition, run once"),
    Row(25, "A", "401 for ever", "for every token", "a fetch each five seconds at most, polls back off, not healthy; jobs in hand are kept"),
    Row(26, "A", "403 for one job type", "answered by the proxy", "other types are worked; one warning"),
    Row(27, "A", "400 for one job type's polls", "answered by the proxy", "no hot loop, others are worked; one warning"),
    Row(28, "A", "Host name can't be resolved for a while", "a resolver that fails", "looked up again until it can"),
    Row(29, "A", "Slow look-ups in handlers", "gevent's ten resolver threads all busy", "reports are not delayed"),
    Row(30, "A", "Address of IPv6", "engine behind [::1]", "works as any other"),
    Row(31, "A", "Proxy variables in the environment", "HTTP_PROXY to a trap", "ignored; only api.proxy counts", (EXCHANGE + "test_nothing_in_the_environment_gets_the_token",)),
    Row(32, "A", "Redirect to elsewhere", "302, 307 for polls and completions", "not followed; reports wait until it is gone", (EXCHANGE + "test_a_redirect_is_an_error_that_names_the_origin_only",)),
    Row(33, "A", "Endless or compressed answers", "300 MB; gzip", "cut at 64 MB; refused unopened; others go on", (WIRE + "test_a_body_beyond_the_configured_size_is_refused", EXCHANGE + "test_a_compressed_bomb_is_cut_at_the_limit")),
    Row(35, "A", "NaN, Infinity, doubled names in jobs", "answers changed on the way", "that job is failed, the others worked; of doubled names the last counts"),
    Row(36, "A", "Load balancer closes quiet polls", "cut after 0.7 s", "said once, with the remedy: `request_timeout`"),
    Row(257, "A", "Polls that are cut again and again, or now and then", "five cuts in a row; five with half of ten minutes between", "none is shorter for it; said once, and only if they are close together", (POLLER + "test_polls_that_are_cut_are_told_of_once_and_never_become_shorter", POLLER + "test_cuts_that_are_far_apart_are_no_pattern")),
    Row(37, "A", "No more file descriptors", "a limit of 64", "jobs that meet it fail; the worker recovers without restart"),
    Row(38, "B", "Token endpoint slow", "2 s, fifty callers", "one fetch for all"),
    Row(39, "B", "Many find the token over at once", "tokens of 1 s, fifty jobs", "one fetch each time", (CACHE + "test_fifty_callers_at_the_same_moment_make_one_fetch",)),
    Row(40, "B", "Token endpoint down at start", "503, 429, 404; refused for 3 s (30 s in the soak)", "tried again with growing waits; no job fails; work begins by itself"),
    Row(41, "B", "Token endpoint down in the middle", "one 503 at a renewal", "nothing stops"),
    Row(42, "B", "Wrong secret", "401 from the token endpoint", "asked once a minute; no command sent; logged without the secret; not healthy. The worker stays up: a secret may be corrected"),
    Row(43, "B", "Answer without a token", "HTML, empty, cut, no token, null, a number", "asked again; never sent as a token"),
    Row(44, "B", "Token that no header may hold", "CR LF, NUL, Cyrillic", "asked again; never sent, never printed"),
    Row(46, "B", "Token revoked early", "revoked while the handler runs", "one new token, one repetition, run once"),
    Row(47, "B", "The same token after a 401", "the endpoint always gives the same", "no loop"),
    Row(50, "B", "Token ends while a poll is parked or a handler runs", "tokens of 1 s, handlers longer", "no request ever carries one that is over", (CACHE + "test_a_token_is_renewed_thirty_seconds_before_its_end",)),
    Row(52, "B", "Engine's clock ten minutes off", "deadlines changed on the way", "leases are measured on our own clock"),
    Row(54, "C", "Handler raises", "any exception", "failed with one retry fewer, incident at 0", (WORKER + "test_an_exception_fails_the_job_until_its_retries_are_used_up",)),
    Row(55, "C", "Failure without retries would be an incident", "-", "always sent", (OUTCOME + "test_a_failure_always_says_its_retries_and_counts_down",)),
    Row(56, "C", "Business error that the process catches", "boundary event", "its path is taken", (WORKER + "test_a_business_exception_takes_the_path_of_its_bpmn_error",)),
    Row(57, "C", "Business error that no event catches", "no boundary event", "an incident; nothing more is sent"),
    Row(58, "C", "Business error without a code", "'', blanks, None", "failed unsent, with the reason", (OUTCOME + "test_a_business_error_without_code_is_refused",)),
    Row(59, "C", "Handler longer than its lease", "5 s of work on 1 s; extension off", "extended and run once; without extension not started again here", (WORKER + "test_a_lease_is_extended_while_the_handler_runs",)),
    Row(60, "C", "The same with two processes", "the first is frozen (SIGSTOP) and goes on", "completed once; the loser says job.gone"),
    Row(62, "C", "Job waits for a slot", "two types, one slot", "handed back before its lease ends, no retry lost"),
    Row(63, "C", "More jobs than room", "a late poll brings one on top", "handed back, no retry lost"),
    Row(64, "C", "Same job again while it runs", "lease without extension", "not started again"),
    Row(66, "C", "Jobs of other versions", "unknown fields and kinds, string keys", "worked"),
    Row(67, "C", "Nulls and odd numbers in jobs", "headers, variables, keys null; huge retries", "worked"),
    Row(68, "C", "Result with NaN", "at any depth", "failed with its path"),
    Row(69, "C", "Result beyond a double", "1e400, Decimal NaN", "failed with its path; other Decimals are text"),
    Row(70, "C", "Integer beyond 64 bits", "2**70", "failed with its path"),
    Row(71, "C", "Lone surrogate", "'\\ud800'", "failed with its path"),
    Row(72, "C", "Result without JSON", "bytes, objects, circles, odd keys", "failed with its path", (OUTCOME + "test_what_camunda_cannot_hold_is_refused_with_its_place",)),
    Row(73, "C", "Result that is not an object", "text, number, list", "failed with what to return", (OUTCOME + "test_objects_become_variables",)),
    Row(74, "C", "Result None or {}", "-", "completed without variables", (WORKER + "test_what_a_handler_returns_becomes_variables",)),
    Row(75, "C", "Large variables", "twelve jobs of 0.5 MB in one answer", "all worked, none waits"),
    Row(76, "C", "Hostile exception text", "1 MB with NUL, ANSI, surrogates and a token", "cut, escaped, without the token", (OUTCOME + "test_a_huge_or_hostile_message_is_cut_and_escaped",)),
    Row(77, "C", "Back-off asked for", "retry_back_off=800", "waited for"),
    Row(78, "C", "Instance cancelled while the handler runs", "through the API", "the result is dropped, one warning"),
    Row(79, "C", "Two handlers for one type", "decorators", "refused at start, both named; exit 2"),
    Row(200, "C", "Extensions answered late", "applied at once, answered after 0.55 and 0.9 of a lease", "the leases are kept, no other worker gets the jobs"),
    Row(201, "C", "One extension lost", "never answered; answer lost; 502", "the next one is in time, on another connection"),
    Row(256, "C", "One extension swallowed, whichever it is", "the first, second or third of a lease is never answered", "another is in time; none waits longer than its answer could be of use; an answer after the end renews nothing", (EXTENDER + "test_one_extension_that_is_swallowed_costs_no_lease", EXTENDER + "test_an_extension_waits_for_its_answer_no_longer_than_that_could_be_of_use", EXTENDER + "test_an_answer_after_the_end_renews_nothing")),
    Row(202, "C", "Many jobs, slow extensions", "150 jobs, 0.1 s for each extension, lease of 1 s", "all kept: connections follow the need"),
    Row(203, "C", "More jobs than extensions can keep", "8 connections, 0.3 s for each", "fewer jobs are taken, which is said once"),
    Row(204, "C", "Short leases", "0.3 and 1 s", "kept"),
    Row(205, "C", "Activation answered late", "after 0.6 and 1.5 of a lease", "counted from the grant; what may be over is not started"),
    Row(206, "C", "All extensions lost, handlers go on", "never answered", "the failure is not sent, the completion once"),
    Row(207, "C", "Process frozen with a poll parked", "SIGSTOP for more than a lease", "on waking the job is neither started nor failed"),
    Row(208, "C", "Hub blocked for longer than a lease", "a handler that computes", "no failure is sent, completions late, nothing is run twice here"),
    Row(209, "C", "Answer to a hand-back lost", "connection closed instead of the answer", "not sent again: the job stays with its next holder"),
    Row(210, "C", "Answer to a failure lost, again and again", "with and without a back-off", "not sent again unless proven not to be applied"),
    Row(211, "C", "A gate answers reports in Camunda's place", "for completions and failures, every 2xx to 5xx as HTML, text, JSON, empty", "no finished work is lost, none counts as done; one warning for each kind"),
    Row(212, "C", "A gate answers extensions in Camunda's place", "every 2xx to 5xx as HTML, text, JSON, empty, for ever", "nothing counts as renewed"),
    Row(250, "C", "A gate answers business errors in Camunda's place", "every 2xx to 5xx as HTML, text, JSON, empty", "each takes its path, once"),
    Row(251, "C", "A gate answers hand-backs in Camunda's place", "every 2xx to 5xx as HTML, text, JSON, empty", "none counts as handed back that Camunda never heard of, none costs a retry"),
    Row(252, "A", "A gate answers polls in Camunda's place", "every 2xx to 5xx as HTML, text, JSON, empty", "never 'no jobs', never alive by it; work begins when it is gone"),
    Row(213, "C", "Camunda takes neither a result nor its failure", "400 for everything", "four tries, then given up for good"),
    Row(214, "C", "Innocent job loses its lease again and again", "extensions never answered", "no incident, run once", (CUSTODY + "test_a_job_whose_extensions_are_swallowed_is_no_poison",)),
    Row(259, "C", "A failure waits for a connection until its lease is over", "one connection, whose answer comes late", "not sent: it would take the job from its next holder", (COMMANDS + "test_a_failure_that_waited_for_a_connection_is_sent_only_if_the_lease_still_holds",)),
    Row(253, "C", "Process stands still again and again with an innocent job in hand", "a clock that jumps by three leases, six times", "no incident, its own failure costs one retry", (CUSTODY + "test_a_job_that_was_in_hand_each_time_the_process_stood_still_is_no_poison",)),
    Row(254, "E", "Handler that was stopped at the deadline", "HandlerStopped", "counted as interrupted, not as handed back untouched", (CUSTODY + "test_a_job_whose_handler_was_stopped_counts_as_interrupted_and_not_as_handed_back",)),
    Row(255, "C", "A defect of the worker's own while it hands a job back", "an exception in the gateway's room", "logged, the job let go of and in the stop's report", (CUSTODY + "test_a_defect_while_handing_back_is_said_and_lets_go_of_the_job",)),
    Row(215, "C", "A defect of the worker's own", "exceptions in what keeps leases, in what watches the cluster, and in each greenlet of the worker's at once", "logged, counted, started again; no lease is lost by it, and health does not show an old truth"),
    Row(80, "C", "No handler, import error, wrong signature", "broken modules", "nothing is polled; exit 2, or 1 with the user's own traceback", ("acceptance/test_cli.py::test_a_handler_that_cannot_be_called_is_told_with_the_users_line_only",)),
    Row(81, "D", "Handler hangs", "an endless sleep", "stopped at handler_timeout, failed, slot free", (WORKER + "test_a_handler_that_takes_too_long_is_stopped_and_its_job_failed",)),
    Row(83, "D", "sys.exit() in a handler", "-", "its job fails, nothing else", (WORKER + "test_nothing_that_a_handler_does_ends_more_than_its_job",)),
    Row(84, "D", "KeyboardInterrupt raised in a handler", "-", "its job fails, nothing else", (WORKER + "test_nothing_that_a_handler_does_ends_more_than_its_job",)),
    Row(86, "D", "MemoryError, RecursionError", "1 PB; endless recursion", "its job fails, nothing else"),
    Row(87, "D", "Handler ends the process", "os._exit, a segmentation fault", "all jobs of the process come back by their leases"),
    Row(88, "D", "Process killed for its memory", "SIGKILL, which is what the kernel does", "as above"),
    Row(89, "D", "Handler blocks the hub", "2.5 s of Python", "logged with job type and stack; others only wait"),
    Row(91, "D", "Handler blocks in C", "os.system, sqlite3", "logged with job type and stack; others only wait"),
    Row(92, "D", "Names copied before the patch", "from time import sleep, ...", "re-bound or named with a remedy; exit 3 if strict", (ORDERS + "test_what_cannot_be_mended_is_named_with_a_remedy", ORDERS + "test_strict_mode_refuses_to_run_with_anything_unmended")),
    Row(93, "D", "requests imported before the patch", "every import order", "works over TLS", (ORDERS + "test_what_was_imported_first_works_over_tls_beside_other_greenlets",)),
    Row(94, "D", "asyncio.run() in several handlers", "fifty at once", "each has a loop of its own, all complete"),
    Row(95, "D", "Thread that outlives its handler", "an endless one, no daemon", "the end is held up for half of worker.exitTimeout at most, and the thread is named"),
    Row(96, "D", "Programs started by handlers", "subprocess.run, Popen, os.popen", "waited for together"),
    Row(97, "D", "multiprocessing.Pool in a handler", "two at once; a queue between processes", "waited for together"),
    Row(99, "D", "subprocess in a native thread", "gevent's thread pool", "its job fails with the reason"),
    Row(101, "D", "Handler stopped while it holds a lock", "acquire() without with", "its job fails; the lock stays locked, since it is unknown whether opening it is safe"),
    Row(102, "D", "State that handlers share", "folder, random seed, locale; decimal", "the process's own is shared (use no os.chdir()); decimal precision is each job's"),
    Row(104, "D", "Memory of failed jobs", "500 failures with 200 kB at hand", "given back at once", (WORKER + "test_finished_jobs_leave_nothing_behind",)),
    Row(105, "E", "SIGTERM while idle", "job created after the signal", "what the open poll brings is handed back at once; exit 0"),
    Row(107, "E", "SIGTERM while handlers run", "five of 2 s; 1,000 of 300 ms", "finished, reported; the rest there for others at once; exit 0", (CLI + "test_a_signal_ends_a_busy_worker_with_0_and_leaves_no_job_locked",)),
    Row(108, "E", "Handlers longer than the drain", "60 s against 1 s", "handed back, no retry lost; exit 1", (CLI + "test_a_handler_that_outlasts_the_drain_costs_exit_code_1_and_no_job",)),
    Row(109, "E", "Report hangs at the end", "never answered", "not waited for beyond the drain; exit 1 names the job"),
    Row(110, "E", "SIGTERM without an engine", "the port is closed", "exit 0 at once"),
    Row(112, "E", "Second SIGTERM", "also while Python is busy; an echo within a second", "exit 143 at once; an echo changes nothing", (CLI + "test_the_second_signal_ends_a_worker_whose_handler_never_yields",)),
    Row(113, "E", "Ctrl+C once, twice", "SIGINT", "as SIGTERM; 130"),
    Row(114, "E", "SIGHUP, nohup", "SIGHUP; ignored by inheritance", "as SIGTERM; stays ignored", (CLI + "test_under_nohup_a_hangup_is_ignored",)),
    Row(115, "E", "What is going on?", "SIGUSR1", "one line for each job in hand, with its stack, without variables"),
    Row(116, "E", "SIGKILL with fifty jobs", "half of them finished", "the next worker completes each once; one more run at most"),
    Row(118, "E", "stop() from anywhere, and again", "handler, signal handler, twice, before start", "no deadlock, nothing lost"),
    Row(119, "E", "Application's own signal handler", "signal.signal(SIGTERM)", "in `camunda-client worker` it runs when the worker has drained"),
    Row(120, "E", "Process 1 of a container", "unshare --pid", "drains as any other"),
    Row(121, "E", "The program simply ends", "main returns with jobs running", "drains first", (CLI + "test_a_module_that_starts_the_workers_itself_is_stopped_as_well",)),
    Row(122, "F", "Closed standard streams", ">&-", "jobs go on", (LOGS + "test_closed_streams_are_no_place_for_anything_else",)),
    Row(123, "F", "Disk full", "/dev/full", "jobs go on, lost lines are counted", (LOGS + "test_output_that_fails_costs_lines_and_not_the_job", LOG + "test_a_full_disk_costs_lines_until_there_is_room_again")),
    Row(124, "F", "Reader gone or stalled", "closed and full pipes", "jobs go on, lost lines are counted", (LOGS + "test_a_reader_that_stalls_neither_blocks_the_job_nor_garbles_what_it_reads_later", LOG + "test_a_reader_that_has_gone_costs_lines_and_no_exception")),
    Row(126, "F", "Log injection", "newlines, ANSI, bidi", "one line an event, all escaped", (LOG + "test_nothing_in_an_event_or_a_value_can_act_on_the_terminal",)),
    Row(127, "F", "Secrets in locals", "exceptions with secrets at hand", "not in the log", (LOG + "test_a_traceback_has_no_locals_no_secrets_and_an_end",)),
    Row(128, "F", "Context of interleaved jobs", "200 at once", "every line has its own job", (LOGS + "test_two_hundred_interleaved_jobs_keep_their_lines_apart",)),
    Row(129, "F", "Secrets in lines of libraries", "tokens in queries and headers", "redacted", (LOG + "test_no_secret_gets_into_a_line",)),
    Row(130, "G", "Wrong settings", "missing, blank, unknown, wrong type", "one error names all; exit 2", (OPTIONS + "test_all_that_is_wrong_is_told_at_once_with_the_place_of_each", "acceptance/test_cli.py::test_a_wrong_configuration_is_one_error_and_exit_code_2")),
    Row(131, "G", "Odd .env files", "parents', $ in secrets, unclosed quotes", "only ./.env, a $ is literal; the line that can't be read is named", (CURRENT + "test_a_dollar_in_dotenv_is_literal_and_the_file_leaves_the_environment_alone", CURRENT + "test_a_line_of_dotenv_that_can_not_be_read_is_told_by_its_number", CURRENT + "test_dotenv_of_a_parent_is_not_ours")),
    Row(132, "G", "Configuration printed", "repr, dump, pickle, errors", "secrets masked", (OPTIONS + "test_a_form_has_the_secret_and_nothing_else_has", OPTIONS + "test_a_secret_of_the_wrong_type_is_not_shown")),
    Row(133, "G", "Certificates", "private CA, wrong host, expired, mTLS", "the good one works, the others are refused", (EXCHANGE + "test_a_private_authority_is_trusted_by_its_file_and_by_nothing_else", EXCHANGE + "test_a_wrong_certificate_is_refused")),
    Row(134, "G", "Certificates named in the environment", "REQUESTS_CA_BUNDLE", "the configured ones count", (EXCHANGE + "test_a_private_authority_is_trusted_by_its_file_and_by_nothing_else",)),
    Row(135, "G", "Keys that are paths", "'1/../../x'", "refused before sending", ("integration/test_calls.py::test_what_is_no_key_is_never_sent",)),
    Row(136, "G", "Token cache file", "-", "tokens are kept in memory only", reason="there is no such file"),
    Row(137, "G", "Status port", "taken, or asked from elsewhere", "loopback only; one clear error", ("acceptance/test_processes.py::test_a_status_port_that_is_taken_is_one_clear_error",)),
    Row(138, "G", "Unsupported Python", "-", "refused by the installer (requires-python)", reason="a matter of packaging: nox runs 3.10 to 3.15, and pip refuses older ones"),
    Row(139, "G", "pytest and coverage under the patch", "this suite itself", "works", reason="the suite runs every test patched, with time-outs by signal, and in CI with coverage"),
    Row(140, "H", "Connections of a hundred jobs", "100 in flight", "40 connections and a poll's, no more"),
    Row(141, "H", "Polls hold connections", "nine parked, one connection for reports", "reports never wait for polls"),
    Row(142, "H", "Request killed in the middle", "greenlet killed", "no answer goes to another job", (WIRE + "test_a_killed_request_leaves_no_connection_whose_answer_another_could_read",)),
    Row(143, "H", "One type floods", "200 jobs against one", "the one is not starved", (WORKER + "test_the_pool_caps_all_types_together_and_a_flood_starves_nobody",)),
    Row(170, "D", "Time-out or kill left behind", "a Timeout never closed, a kill() that comes late", "ends with its job: no other job and no report is hit", (CUSTODY + "test_what_a_handler_leaves_behind_to_strike_later_costs_no_report",)),
    Row(171, "D", "State in a threading.local", "each job sets one", "empty at the start of every job"),
    Row(172, "D", "sys.exit(), KeyboardInterrupt, SystemError in a greenlet, pool or thread of a handler", "raised there", "the worker goes on, and tells where it came from"),
    Row(173, "D", "Time-out of a handler by SIGALRM", "a signal handler that raises", "its own handler is stopped; the worker goes on, and tells of handler_timeout"),
    Row(174, "E", "Application takes a signal over after the start", "signal.signal(SIGTERM)", "left alone by the stop"),
    Row(175, "G", "Handlers in a file that is named as another module, or that lies in a package", "queue.py, requests.py; from ..util import", "imported under a name that nothing else has; as a module of its package", (TARGET + "test_a_file_takes_no_name_that_others_mean_something_else_by", TARGET + "test_a_file_of_a_package_is_imported_as_its_module")),
    Row(176, "E", "Handler blocks the process at the end", "a catastrophic regular expression, an endless loop, os.system()", "ended five seconds after the drain's deadline, with the stack; exit 1"),
    Row(177, "E", "C code that never lets go of the interpreter at the end", "a mutex locked twice, --processes 2", "killed by the parent seven seconds after the drain's deadline; exit 137"),
    Row(178, "D", "Hub that does not come back", "an endless loop, os.system()", "after worker.blockedLimit the process ends itself, with the stack"),
    Row(179, "E", "Process frozen", "SIGSTOP for 3 s", "process.frozen with its length; hub.blocked only for code that blocks"),
    Row(180, "D", "Handler swallows its time-out, or outlasts max_lease", "except BaseException in a loop", "logged with where it stands, shown by health; its lease is let go"),
    Row(181, "C", "Handler needs to know whether its job is still its own", "extension refused with 404", "job.is_held() is False"),
    Row(182, "D", "Handler of a job that is lost, with stop_when_lost", "extension refused with 404", "stopped by JobLost; nothing is reported for the job"),
    Row(183, "E", "SIGTERM to process 1 while it imports", "unshare --pid, a module that takes 3 s", "ends at once, and never begins to work"),
    Row(184, "E", "Orphans of handlers in a container", "sh -c 'sleep &' in 20 jobs, as process 1", "reaped; no exit status that a handler waits for is stolen"),
    Row(216, "C", "Handler blocks the process for longer than the lease", "C code that waits 0.9 s, a computation; leases of 0.4 s, plain and TLS", "its lease and the others' are extended from outside the hub; nothing runs twice"),
    Row(258, "H", "Jobs handed back by a worker whose handlers are slow", "a hundred of them after a hundred of 5 s", "handlers still count as slow: polls do not wait for reports", (POLLER + "test_jobs_that_were_handed_back_do_not_make_slow_handlers_look_quick",)),
    Row(217, "C", "Lease taken away without a sign of it (8.10)", "the engine's clock moves on while ours does not", "the report is refused by its lease's token: job.gone, and its holder completes it"),
    Row(185, "D", "Job that its process dies of", "SIGKILL, a segmentation fault, os._exit(0), --processes 2", "an incident after three deaths, with the signal's name; other jobs are worked meanwhile"),
    Row(222, "D", "A decorator runs a coroutine or generator to its end, or passes on more than the job", "functools.wraps around async def, around a generator, around f(job, session); objects with an attribute func", "taken: the outermost callable is asked, and nothing behind it", ("unit/c8/worker/test_signature.py::test_a_decorated_function_is_judged_by_what_its_decorator_made_of_it",)),
    Row(227, "A", "The topology writes its roles in other letters", "LEADER, Leader", "a leader all the same, by one rule for health, commands and API", ("unit/c8/models/test_requests.py::test_a_leader_is_one_however_the_role_is_written",)),
    Row(221, "G", "Certificates are not checked, or a proxy of the environment is not used, by a worker without tokens", "verify=False, HTTPS_PROXY", "one warning each before the first poll", (WIRE + "test_a_worker_without_tokens_says_what_it_does_about_proxies_and_certificates",)),
    Row(231, "B", "A token that lasts for years", "expires_in of 10**9, and in milliseconds", "replaced after a day", ("integration/test_token_fetches.py::test_the_lifetime_is_believed_where_it_can_be",)),
    Row(232, "C", "Results nested 255 to 900 deep, or deeper", "255, 300, 899, 901, 50,000 levels", "sent as they are up to 900; then refused with the place, never a RecursionError", ("unit/c8/http/test_encode.py::test_what_camunda_takes_is_sent_however_deep_it_is_nested", "unit/c8/http/test_encode.py::test_what_is_nested_too_deep_for_camunda_is_refused_with_its_place")),
    Row(233, "C", "Values without a number in disguise", "Decimal('sNaN'), an Enum's NaN, a deque or generator with one", "refused as NaN is", ("unit/c8/http/test_encode.py::test_what_has_no_json_is_refused_with_its_place",)),
    Row(238, "G", "Certificates are rotated while a worker runs", "CA, client certificate and key exchanged; half written; missing for a while", "new connections of worker, API and token requests use the new ones; what can't be used leaves the old ones, with one warning", ("integration/test_tls_connections.py::test_an_authority_that_is_exchanged_is_trusted_and_the_old_one_no_more", "integration/test_tls_connections.py::test_a_certificate_of_ours_that_is_exchanged_is_shown_to_the_next_server", "integration/test_tls_connections.py::test_a_half_written_or_missing_file_leaves_the_old_one_in_use")),
    Row(239, "A", "A TLS handshake, or a record, that drips", "a byte each 50 ms through a relay, patched", "ends at the time for connecting, or at the deadline; API calls and token requests too", ("integration/test_tls_connections.py::test_a_handshake_that_drips_ends_at_the_time_for_connecting", "integration/test_tls_connections.py::test_a_token_servers_handshake_that_drips_ends_in_time", "integration/test_tls_connections.py::test_a_tls_record_that_drips_ends_at_the_deadline")),
    Row(240, "A", "Look-ups that are slow, lost or never end", "3 s, 6 s for the first, 4 s with a deadline of 0.5 s, the cluster away meanwhile", "known addresses stay in use, which is said once; a lost one gets another beside it; deadlines hold", ("integration/test_lookups.py::test_known_addresses_are_used_while_a_new_lookup_is_slow", "integration/test_lookups.py::test_known_addresses_are_used_while_a_new_lookup_fails_and_that_is_said_once", "integration/test_lookups.py::test_a_lookup_whose_packets_were_lost_gets_another_beside_it", "integration/test_lookups.py::test_a_lookup_that_never_ends_holds_a_call_no_longer_than_its_deadline", "integration/test_lookups.py::test_many_callers_share_a_lookup_and_none_stands_in_line")),
    Row(241, "A", "Headers, trailers or 1xx answers without an end", "16 KB at a time, for ever", "cut after 64 KB without a byte of the body", (WIRE + "test_headers_without_an_end_are_cut_before_they_fill_the_memory",)),
    Row(226, "G", "An address whose host can have no such name", "http://a..b, a part of 64 characters", "refused with the configuration; elsewhere a failed connection, as everything that libraries raise", (OPTIONS + "test_an_address_that_can_not_be_one_is_refused", "unit/c8/http/test_door.py::test_what_libraries_raise_comes_out_as_a_failed_connection", "unit/c8/http/test_door.py::test_a_host_that_can_have_no_such_name_fails_as_other_unknown_names_do")),
    Row(218, "F", "Native threads and greenlets log through the application's own set-up", "eight native threads and four greenlets, 800 lines each, by basicConfig, structlog, a handler that waits", "none waits for ever; each line leaves in one piece", ("acceptance/test_log_locks.py::test_native_threads_and_greenlets_log_through_the_applications_own_set_up",)),
    Row(220, "F", "Long lines of several processes on one pipe", "four processes and two forked children, up to 24 KB a line, a reader that stalls", "each leaves in one piece, none twice", (LOGS + "test_long_lines_of_several_processes_leave_in_one_piece",)),
    Row(219, "F", "A greenlet of a handler's own dies, its arguments secret", "a password as argument, by keyword, in a partial, in a callback", "said without arguments", ("acceptance/test_log_locks.py::test_a_greenlet_that_fails_is_told_of_without_its_arguments",)),
    Row(234, "F", "Secrets of other shapes", "ODBC's PWD, AccountKey, tokens before an @, JWTs, AWS and GitHub keys, private keys, options of commands", "redacted; ordinary words stay", (LOG + "test_no_secret_gets_into_a_line", LOG + "test_what_shows_by_itself_that_it_is_a_secret_is_redacted", LOG + "test_ordinary_words_stay")),
    Row(235, "G", "Clients of the status port that drip", "40 at once, a byte each 0.1 s", "cut off after 5 s in all, the longest there first where a probe needs its place", ("integration/test_status_port.py::test_clients_that_drip_are_cut_off_and_keep_no_probe_waiting", "integration/test_status_port.py::test_a_client_that_drips_has_no_more_time_than_one_that_says_nothing")),
    Row(236, "B", "A secret or password in a file is exchanged", "renamed into place; emptied; removed; refused by a 401", "the next token request, or the repetition after the 401, has the new one; what can't be used leaves the old one", ("integration/test_secret_files.py::test_a_client_secret_that_is_exchanged_is_sent_with_the_next_request", "integration/test_secret_files.py::test_a_password_that_is_exchanged_is_sent_at_once_after_a_401", "integration/test_secret_files.py::test_an_empty_or_missing_secret_file_leaves_the_old_secret_in_use")),
    Row(280, "D", "Time-outs by SIGALRM of many handlers at once", "a decorator with a handler of its own, around handlers that wait and that compute", "each ends its own handler, and none another's; once in the log, with the remedy"),
    Row(281, "E", "SIGTERM handler of a library that ends the process", "installed before the worker, and by a handler after the start", "the worker drains, then it runs; the exit code is the drain's"),
    Row(282, "E", "Signal to end that the command can't have", "SIGTERM ignored by the module", "named at the start"),
    Row(283, "E", "Exit hook, thread or pool of a library that does not end", "atexit hooks that wait, cooperatively and not; a thread; a task of a pool; a handler of SIGTERM; alone and under --processes", "after worker.exitTimeout the process ends with the drain's exit code, and says who held it up"),
    Row(284, "E", "Exit hooks that take their time", "an exporter that flushes, a pool and a thread with work to finish", "all of them run to their end"),
    Row(285, "E", "Import of the handlers' module that never ends", "a thread that reads a pipe by os.read, a lock that is taken twice, a host that never answers", "after 10 s stderr says which module stands at which line, and why; doctor says so and ends; what stands still is ended after worker.blockedLimit"),
    Row(286, "D", "C code that keeps the interpreter's lock for good", "a mutex of libc locked twice by ctypes.PyDLL, in a handler and at import", "after worker.blockedLimit the process ends, with the stacks of its threads"),
    Row(287, "D", "SQLite's write lock held while its handler waits", "20 jobs: insert, wait, commit", "hub.blocked says that it is a deadlock; each remedy that it names works all jobs"),
    Row(290, "D", "Many async def handlers at once", "100 that wait, beside plain ones that run loops of their own", "on one loop, all at once, each in its job's context"),
    Row(291, "D", "async def handler that outlasts its handler_timeout", "one awaits, one blocks the loop by a call that waits", "cancelled, or struck where it blocks; it may clean up, and the job's failure says where it hung"),
    Row(292, "D", "async def handler at the drain's deadline", "one awaits, one blocks the loop", "cancelled, and its job handed back with all retries"),
    Row(293, "D", "Whatever a coroutine ends with", "a result, an exception, a BPMN error, SystemExit, its own cancellation; a task left behind that exits", "the outcome of its job; the loop and other handlers go on"),
    Row(294, "G", "async def handlers where they are not switched on", "the decorator, alone and with the environment's switch", "an error that names the switch, without it"),
    Row(295, "D", "Coroutine that swallows its cancellation", "it sleeps on for seconds", "job.stuck with the place where it waits"),
    Row(330, "D", "Jobs of handlers in child processes", "results, exceptions, BPMN errors, megabytes, values that have no JSON", "as if the handler ran in the worker, with the lines of its code in the incident and the job on its log lines"),
    Row(331, "D", "Handler in a child process that does not end", "a loop, a wait in C, C code that keeps the interpreter's lock; at handler_timeout and at the drain's deadline", "it is ended, by ending its process if need be; other jobs there run again and lose no retry"),
    Row(332, "D", "Child process that dies", "SIGSEGV, os._exit(), SIGKILL; among sixty other jobs", "only jobs of that child fail, after a crash only the one that crashed; the child is replaced"),
    Row(333, "E", "kill -9 of a worker with child processes", "its children wait in C, with and without the interpreter's lock", "none outlives it"),
    Row(334, "E", "Drain of a worker with child processes", "SIGTERM, SIGINT and SIGHUP to all processes; jobs that wait for a thread", "handlers finish; what has not begun is handed back at once; no process is left"),
    Row(335, "D", "C code that blocks for 2 s in a child process", "jobs of another type beside it, with leases of a second", "they are worked as if it were not there; no lease is lost, no hub.blocked"),
    Row(336, "G", "A handler that child processes can't import", "made in a function, a script without a guard, an import that fails, a module that patches", "refused at the start, with the reason"),
    Row(410, "A", "404 of a gateway on the way, in Camunda's form", "PATCH answered by Spring's `Not Found`, three times", "the lease goes on by the next try; said once", (EXTENDER + "test_a_route_that_is_missing_on_the_way_takes_no_lease",)),
    Row(411, "H", "Jobs that need no extension after an outage with slow ones", "16 extensions that took a whole lease, then none", "they are forgotten after a minute, and as many jobs are taken as before", (EXTENDER + "test_slow_extensions_are_forgotten_after_a_minute_without_any", EXTENDER + "test_a_slow_one_of_long_ago_does_not_weigh_on_what_is_usual")),
    Row(412, "C", "Unreadable jobs where leases have a token", "8.10: a failure without it is refused", "the failure names the token, so that there is an incident", (CUSTODY + "test_the_failure_of_a_job_that_can_not_be_read_names_its_lease",)),
    Row(413, "C", "More unreadable jobs than connections for reports", "21 of them, four connections", "the type is polled for again when they are failed", (POLLER + "test_it_polls_again_when_the_failures_of_jobs_that_could_not_be_read_are_through",)),
    Row(414, "C", "A job that comes again while its handler is being ended by JobLost", "during the handler's clean-up", "it has its turn after that", (CUSTODY + "test_a_job_that_comes_while_its_lost_handler_is_ended_has_its_turn_then",)),
    Row(415, "C", "Handlers that begin late under a rate", "20/s, the first of 20 handlers holds up the others for 0.8 s", "no more than 20 begin in any second", ("integration/test_caps.py::test_a_rate_holds_where_handlers_begin_late", CUSTODY + "test_an_offer_that_waits_for_that_counts_for_a_rate_as_if_it_began_now")),
)  # fmt: skip


def marked_tests() -> dict[int, list[str]]:
    """Return the tests of this folder by the rows that their marks name, as ``file::test``."""
    found: dict[int, list[str]] = {}
    for path in sorted(HERE.glob("test_*.py")):
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                for number in _marks(node):
                    found.setdefault(number, []).append(f"faults/{path.name}::{node.name}")
    return found


def _marks(function: ast.FunctionDef) -> list[int]:
    return [
        argument.value
        for decorator in function.decorator_list
        if isinstance(decorator, ast.Call) and ast.unparse(decorator.func) == "pytest.mark.fault"
        for argument in decorator.args
        if isinstance(argument, ast.Constant) and isinstance(argument.value, int)
    ]


def page() -> str:
    """Return ``docs/faults.md``."""
    tests = marked_tests()
    lines = [
        "# Faults and promises",
        "",
        "What can go wrong between a worker, its handlers and Camunda, how the tests make it go wrong, what is",
        "promised, and which tests prove it: on loopback, against the embedded engine in a process of its own, judged",
        "by its histories (what was completed, failed, or became an incident) and by counting the runs of each job's handler.",
        "",
        "Written from `tests/faults/rows.py` by `python -m tests.faults.rows > docs/faults.md`; a test compares the",
        "two. Numbers are names, and have gaps.",
    ]
    for area, title in AREAS.items():
        lines += [
            "",
            f"## {title}",
            "",
            "| # | fault | injected | promise | proof |",
            "| --- | --- | --- | --- | --- |",
        ]
        for row in (row for row in ROWS if row.area == area):
            proofs = [_linked(test) for test in (*tests.get(row.number, ()), *row.elsewhere)]
            proof = "<br>".join([*proofs, *([f"none: {row.reason}"] if row.reason else [])])
            lines.append(f"| {row.number} | {row.fault} | {row.injected} | {row.promise} | {proof} |")
    return "\n".join(lines) + "\n"


def _linked(test: str) -> str:
    file, _, name = test.partition("::")
    return f"[{name.removeprefix('test_').replace('_', ' ')}](../tests/{file})"


if __name__ == "__main__":
    print(page(), end="")
