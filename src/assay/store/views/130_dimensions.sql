-- Which failures people can rate: for a label of the taxonomy, the dimension of human labels that says whether a check was right. A check
-- whose finding is a matter of opinion (`needs_gate`) wakes nobody before people have shown that it agrees with them. Labels of people whose
-- dimension is itself a label or a class of the taxonomy are compared with the checks of that label, without a line here.
-- columns: label, dimension, needs_gate
CREATE OR REPLACE VIEW @on_cluster dimensions AS
SELECT pair.1 AS label, pair.2 AS dimension, pair.3 AS needs_gate
FROM
(
    SELECT arrayJoin(
    [
        ('unsupported_generation.unsupported_claim', 'faithfulness', 1),
        ('unsupported_generation.unsupported_number', 'faithfulness', 1),
        ('unsupported_generation.fabricated_citation', 'faithfulness', 1),
        ('unsupported_generation.contradicts_context', 'faithfulness', 1),
        ('unsupported_generation.fabricated_tool_result', 'faithfulness', 1),
        ('safety_policy.prompt_injection', 'safety', 1),
        ('safety_policy.unsafe_compliance', 'safety', 1),
        ('safety_policy.over_refusal', 'refusal_correctness', 1),
        ('safety_policy.pii_leak', 'safety', 0),
        ('safety_policy.secret_leak', 'safety', 0),
        ('tool_failure.unknown_tool', 'tool_call_accuracy', 0),
        ('tool_failure.bad_arguments', 'tool_call_accuracy', 0),
        ('tool_failure.retry_loop', 'tool_call_accuracy', 0),
        ('tool_failure.agent_loop', 'tool_call_accuracy', 0),
        ('tool_failure.ignored_result', 'tool_call_accuracy', 0),
        ('output_format.empty', 'completeness', 0),
        ('output_format.truncated', 'completeness', 0),
        ('inconsistency.across_sessions', 'answer_consistency', 1),
        ('inconsistency.across_replicas', 'answer_consistency', 1)
    ]) AS pair
);
