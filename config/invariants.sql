-- What may never be in the database, whatever happened to the processes around it: every query returns no rows.
-- `python manage.py check_invariants` runs them all. A heading is a number, a name and what must hold; one query follows.

-- 1 totals_are_sums: the totals of a submitted revision are the sums of its lines, by phase and together
SELECT r.id AS revision, r.whole_life_gbp, s.*
  FROM procurement_calloffrevision r
  CROSS JOIN LATERAL (
        SELECT coalesce(sum(l.total_gbp), 0) AS whole_life,
               coalesce(sum(l.total_gbp) FILTER (WHERE l.phase = 'interim'), 0) AS interim,
               coalesce(sum(l.total_gbp) FILTER (WHERE l.phase = 'one_off'), 0) AS one_off,
               coalesce(sum(l.total_gbp) FILTER (WHERE l.phase = 'usage'), 0) AS usage,
               coalesce(sum(l.total_gbp) FILTER (WHERE l.phase = 'shared'), 0) AS shared,
               coalesce(sum(l.monthly_gbp) FILTER (WHERE l.phase = 'shared'), 0) AS monthly
          FROM procurement_calloffline l WHERE l.revision_id = r.id) s
 WHERE r.submitted_at IS NOT NULL
   AND (r.whole_life_gbp, r.interim_gbp, r.one_off_gbp, r.usage_gbp, r.shared_gbp, r.monthly_gbp)
       IS DISTINCT FROM (s.whole_life, s.interim, s.one_off, s.usage, s.shared, s.monthly);

-- 1 prices_are_the_releases: a submitted line carries the list price of the release its revision was priced from
SELECT l.id AS line, l.service_code, l.list_price_gbp, v.list_price_gbp AS in_release
  FROM procurement_calloffline l
  JOIN procurement_calloffrevision r ON r.id = l.revision_id AND r.submitted_at IS NOT NULL
  LEFT JOIN catalogue_serviceversion v ON v.id = l.service_id
 WHERE v.id IS NULL OR v.release_id <> r.release_id OR v.code <> l.service_code
    OR v.list_price_gbp IS DISTINCT FROM l.list_price_gbp;

-- 1 prices_were_in_force: a revision is priced from the release that was in force on the day it was submitted
SELECT r.id AS revision, r.submitted_at, c.number AS release, c.state, c.valid
  FROM procurement_calloffrevision r JOIN catalogue_cataloguerelease c ON c.id = r.release_id
 WHERE r.submitted_at IS NOT NULL
   AND (c.state NOT IN ('scheduled', 'live', 'superseded')
        OR NOT c.valid @> (r.submitted_at AT TIME ZONE 'Europe/London')::date);

-- 6 releases_are_segregated: nobody approved a release that they, or whom they acted for, had written in
SELECT r.id AS release, r.approver_person_id
  FROM catalogue_cataloguerelease r JOIN catalogue_releasedraft d ON d.release_id = r.id
 WHERE d.hands ? r.approver_person_id::text OR d.hands ? r.approver_principal_id::text;

-- 1 unit_price_follows_discount: a unit price is the list price less the discount, rounded half-up to the penny
SELECT l.id AS line, l.list_price_gbp, l.discount_percent, l.unit_price_gbp
  FROM procurement_calloffline l
  JOIN procurement_calloffrevision r ON r.id = l.revision_id AND r.submitted_at IS NOT NULL
 WHERE NOT l.graduated
   AND l.unit_price_gbp IS DISTINCT FROM round(l.list_price_gbp * (100 - l.discount_percent) / 100, 2);

-- 1 hash_is_of_the_content: a submitted revision's hash is the sha256 of its content
SELECT id AS revision, revision_hash
  FROM procurement_calloffrevision
 WHERE submitted_at IS NOT NULL AND encode(sha256(convert_to(content, 'UTF8')), 'hex') <> revision_hash;

-- 1 variation_hash_is_of_its_content: an assessed variation's hash is the sha256 of its content
SELECT id AS revision, content_hash
  FROM contracts_variationrevision
 WHERE assessed_at IS NOT NULL AND encode(sha256(convert_to(content, 'UTF8')), 'hex') <> content_hash;

-- 4 capacity_is_its_ledger: reserved and committed are the sums of the ledger and stay under the ceiling
SELECT a.id AS account, a.ceiling_gbp, a.reserved_gbp, a.committed_gbp, s.*
  FROM procurement_capacityaccount a
  CROSS JOIN LATERAL (
        SELECT coalesce(sum(e.reserved_delta_gbp), 0) AS reserved, coalesce(sum(e.committed_delta_gbp), 0) AS committed
          FROM procurement_capacityentry e WHERE e.account_id = a.id) s
 WHERE (a.reserved_gbp, a.committed_gbp) IS DISTINCT FROM (s.reserved, s.committed)
    OR a.reserved_gbp + a.committed_gbp > a.ceiling_gbp;

-- 4 capacity_follows_the_call_off: what a call-off holds is its value while it waits or is contracted, with what an earlier cutover has added to that, and nothing else
SELECT c.id AS call_off, c.state, r.whole_life_gbp, s.*
  FROM procurement_calloff c
  LEFT JOIN procurement_calloffrevision r ON r.id = c.revision_id
  CROSS JOIN LATERAL (
        SELECT coalesce(sum(e.reserved_delta_gbp), 0) AS reserved, coalesce(sum(e.committed_delta_gbp), 0) AS committed,
               coalesce(sum(e.committed_delta_gbp) FILTER (WHERE e.kind = 'adjust'), 0) AS adjusted
          FROM procurement_capacityentry e WHERE e.holder = 'procurement.calloff ' || c.public_id) s
 WHERE (s.reserved, s.committed) IS DISTINCT FROM (
        CASE WHEN c.state IN ('authority_approval', 'with_supplier', 'counter_proposed', 'confirmed')
             THEN r.whole_life_gbp
             WHEN c.state = 'department_approval'  -- the higher of both, if an accepted counter-proposal made it
             THEN coalesce((SELECT greatest(r.whole_life_gbp, a.whole_life_gbp)
                              FROM procurement_counterproposal p JOIN procurement_calloffrevision a ON a.id = p.revision_id
                             WHERE p.became_id = r.id), 0)
             ELSE 0 END,
        CASE WHEN c.state = 'contracted' THEN r.whole_life_gbp + s.adjusted ELSE 0 END)
    OR s.adjusted < 0;

-- 4 capacity_follows_the_variation: what a variation holds is what it adds: reserved from the department's last approval on, committed once executed, nothing before or where it ended
SELECT v.id AS variation, v.state, r.value_gbp, s.*
  FROM contracts_variation v
  LEFT JOIN contracts_variationrevision r ON r.id = v.revision_id
  CROSS JOIN LATERAL (
        SELECT coalesce(sum(e.reserved_delta_gbp), 0) AS reserved, coalesce(sum(e.committed_delta_gbp), 0) AS committed
          FROM procurement_capacityentry e WHERE e.holder = 'contracts.variation ' || v.public_id) s
 WHERE (s.reserved, s.committed) IS DISTINCT FROM (
        CASE WHEN v.state = 'awaiting_signatures'
               OR v.state = 'in_approval' AND NOT EXISTS (
                  SELECT 1 FROM procurement_approvalstep t
                   WHERE t.approval_id = v.approval_id AND t.side = 'department' AND t.state <> 'decided')
             THEN greatest(r.value_gbp, 0) ELSE 0 END,
        CASE WHEN v.state IN ('executed', 'applied') THEN greatest(r.value_gbp, 0) ELSE 0 END);

-- 4 capacity_follows_the_termination: only a notice of termination that is in effect gives back, once, and never more than is committed for its order
SELECT t.id AS termination, t.state, s.*
  FROM contracts_termination t
  JOIN contracts_contract k ON k.id = t.contract_id
  CROSS JOIN LATERAL (
        SELECT count(*) AS entries, coalesce(sum(e.reserved_delta_gbp), 0) AS reserved, coalesce(sum(e.committed_delta_gbp), 0) AS committed
          FROM procurement_capacityentry e WHERE e.holder = 'contracts.termination ' || t.public_id) s
 WHERE s.reserved <> 0 OR s.committed > 0 OR s.entries > CASE WHEN t.state = 'in_effect' THEN 1 ELSE 0 END
    OR (SELECT coalesce(sum(e.committed_delta_gbp), 0) FROM procurement_capacityentry e WHERE e.call_off_id = k.call_off_id) < 0;

-- 4 volumes_follow_the_variation: an executed variation, and no other, counts in the framework's volumes by what it changes of them
SELECT v.id AS variation, wanted.volume, wanted.quantity, e.quantity AS counted
  FROM contracts_variation v
  CROSS JOIN LATERAL (
        SELECT 'volume:' || v.public_id || ':' || s.adds_to_volume AS key, s.adds_to_volume AS volume, sum(l.quantity_change) AS quantity
          FROM contracts_linevariation l JOIN catalogue_serviceversion s ON s.id = l.service_id
         WHERE l.revision_id = v.revision_id AND s.adds_to_volume <> '' AND s.charge_type = 'recurring'
         GROUP BY s.adds_to_volume) wanted
  LEFT JOIN procurement_volumeentry e ON e.key = wanted.key
 WHERE coalesce(e.quantity, 0) <> CASE WHEN v.state IN ('executed', 'applied') THEN wanted.quantity ELSE 0 END;

-- 4 capacity_follows_the_change_request: an accepted change request, and no other, holds what it committed, never less than nothing and nothing reserved
SELECT q.id AS change_request, q.state, s.*
  FROM contracts_changerequest q
  CROSS JOIN LATERAL (
        SELECT count(*) AS entries, coalesce(sum(e.reserved_delta_gbp), 0) AS reserved, coalesce(sum(e.committed_delta_gbp), 0) AS committed
          FROM procurement_capacityentry e WHERE e.holder = 'contracts.changerequest ' || q.public_id) s
 WHERE s.reserved <> 0 OR s.committed < 0 OR s.entries <> CASE WHEN q.state = 'accepted' THEN 1 ELSE 0 END;

-- 4 edges_are_of_what_goes_on: for the upper edge of an order's quantities something is reserved, and never less than nothing, only while the order waits past its department's approval or its contract is in force, and nothing is committed
SELECT c.id AS call_off, c.state, s.*
  FROM procurement_calloff c
  CROSS JOIN LATERAL (
        SELECT coalesce(sum(e.reserved_delta_gbp), 0) AS reserved, coalesce(sum(e.committed_delta_gbp), 0) AS committed
          FROM procurement_capacityentry e WHERE e.holder = 'edge of procurement.calloff ' || c.public_id) s
 WHERE s.committed <> 0 OR s.reserved < 0
    OR s.reserved > 0 AND c.state NOT IN ('department_approval', 'authority_approval', 'with_supplier', 'counter_proposed', 'confirmed', 'contracted')
    OR s.reserved > 0 AND EXISTS (SELECT 1 FROM contracts_contract k WHERE k.call_off_id = c.id AND k.state IN ('terminated', 'expired', 'closed'));

-- 4 volumes_follow_the_change_request: an accepted change request, and no other, counts in the framework's volumes by what it changes of them
SELECT q.id AS change_request, wanted.volume, wanted.quantity, e.quantity AS counted
  FROM contracts_changerequest q
  CROSS JOIN LATERAL (
        SELECT 'volume:' || q.public_id || ':' || s.adds_to_volume AS key, s.adds_to_volume AS volume, sum(r.quantity_change) AS quantity
          FROM contracts_requestedchange r
          JOIN LATERAL (SELECT DISTINCT v.adds_to_volume FROM contracts_contractline n JOIN catalogue_serviceversion v ON v.id = n.service_id
                         WHERE n.contract_id = q.contract_id AND n.phase = 'shared' AND v.code = r.service_code AND v.adds_to_volume <> '') s ON true
         WHERE r.request_id = q.id
         GROUP BY s.adds_to_volume) wanted
  LEFT JOIN procurement_volumeentry e ON e.key = wanted.key
 WHERE coalesce(e.quantity, 0) <> CASE WHEN q.state = 'accepted' THEN wanted.quantity ELSE 0 END;

-- 4 commitments_cover_the_charges: for a contract whose terms a milestone, a variation or a change request has changed no less is committed, by whatever holder, than its ledger of charges comes to, but for a break cost and what runs on without a contract
WITH versions AS (
    SELECT id, contract_id, kind, row_number() OVER taken AS place, lead(effective_from) OVER taken AS gone_from,
           CASE WHEN row_number() OVER taken = 1 THEN '-infinity' ELSE effective_from END AS begins,
           coalesce(lead(effective_from) OVER taken - 1, 'infinity') AS ends
      FROM contracts_contractversion
     WHERE contract_id IN (SELECT contract_id FROM contracts_contractversion WHERE kind IN ('milestone', 'variation', 'change_request')) AND kind <> 'running_on'
    WINDOW taken AS (PARTITION BY contract_id ORDER BY effective_from, number)),
standing AS (
    SELECT v.contract_id, v.id AS version, v.place, v.begins, v.ends, v.gone_from, n.id AS line, s.charge_type, s.list_price_gbp, t.id AS graduated, q.*,
           sum(q.quantity) OVER (PARTITION BY v.id, s.code ORDER BY n.number) - q.quantity AS units_before
      FROM versions v
      JOIN contracts_contractline n ON n.contract_id = v.contract_id
      JOIN catalogue_serviceversion s ON s.id = n.service_id
      LEFT JOIN catalogue_bandtable t ON t.release_id = s.release_id AND t.code = s.band_table AND t.method = 'graduated'
      CROSS JOIN LATERAL (
            SELECT sum(c.quantity_change) AS quantity,
                   (array_agg(c.unit_price_gbp ORDER BY w.place DESC) FILTER (WHERE c.unit_price_gbp IS NOT NULL))[1] AS price,
                   (array_agg(c.starts_on ORDER BY w.place DESC) FILTER (WHERE c.starts_on IS NOT NULL))[1] AS starts_on,
                   (array_agg(c.ends_on ORDER BY w.place DESC) FILTER (WHERE c.ends_on IS NOT NULL))[1] AS ends_on
              FROM contracts_linechange c JOIN versions w ON w.id = c.version_id
             WHERE c.line_id = n.id AND w.place <= v.place) q
     WHERE q.quantity <> 0
       AND NOT EXISTS (SELECT 1 FROM versions t WHERE t.contract_id = v.contract_id AND t.kind = 'termination' AND t.place <= v.place)),
priced AS (
    SELECT s.*, coalesce(
           (SELECT sum(greatest(0, least(b.upto, s.units_before + s.quantity) - greatest(b.from_quantity - 1, s.units_before))
                       * round(s.list_price_gbp * (100 - b.discount_percent) / 100, 2))
              FROM (SELECT from_quantity, discount_percent, lead(from_quantity) OVER (ORDER BY from_quantity) - 1 AS upto
                      FROM catalogue_priceband WHERE table_id = s.graduated) b), s.quantity * s.price) AS amount
      FROM standing s),
recurring AS (
    SELECT p.contract_id, round(sum(p.amount * (least(d.until, m.month + interval '1 month' - interval '1 day')::date - greatest(d.since, m.month)::date + 1))
                                / extract(day FROM m.month + interval '1 month' - interval '1 day'), 2) AS charge
      FROM priced p
      CROSS JOIN LATERAL (SELECT greatest(p.begins, p.starts_on) AS since, least(p.ends, p.ends_on) AS until) d
      CROSS JOIN LATERAL generate_series(date_trunc('month', d.since::timestamp), d.until::timestamp, interval '1 month') AS m(month)
     WHERE p.charge_type = 'recurring' AND d.since <= d.until
     GROUP BY p.contract_id, p.line, m.month),
budgeted AS (
    SELECT p.contract_id, CASE WHEN counted.gone = 0 THEN p.amount ELSE (counted.months - counted.gone) * round(p.amount / counted.months, 2) END AS charge
      FROM (SELECT DISTINCT ON (line) * FROM priced WHERE charge_type <> 'recurring' ORDER BY line, place DESC) p
      CROSS JOIN LATERAL (
            SELECT count(*) AS months, count(*) FILTER (WHERE greatest(m.month, p.starts_on) >= p.gone_from) AS gone
              FROM generate_series(date_trunc('month', p.starts_on::timestamp), coalesce(p.ends_on, p.starts_on)::timestamp, interval '1 month') AS m(month)) counted)
SELECT k.id AS contract, c.charges, e.committed
  FROM (SELECT contract_id, sum(charge) AS charges FROM (SELECT * FROM recurring UNION ALL SELECT * FROM budgeted) both_kinds GROUP BY 1) c
  JOIN contracts_contract k ON k.id = c.contract_id
  CROSS JOIN LATERAL (SELECT coalesce(sum(committed_delta_gbp), 0) AS committed FROM procurement_capacityentry WHERE call_off_id = k.call_off_id) e
 WHERE c.charges > e.committed;

-- 5 changes_are_edges: every change of state there ever was is an edge of the published graph
SELECT c.id AS change, c.machine, c.row_id, c.source, c.target
  FROM documents_statechange c
 WHERE NOT EXISTS (SELECT 1 FROM documents_stateedge e
                    WHERE e.machine = c.machine AND e.source = c.source AND e.target = c.target);

-- 5 changes_follow_each_other: each change of a row starts where the one before it ended, the first from nothing
SELECT id AS change, machine, row_id, source, target, was
  FROM (SELECT c.*, lag(target, 1, '') OVER (PARTITION BY machine, row_id ORDER BY id) AS was
          FROM documents_statechange c) o
 WHERE source <> was;

-- 5 states_are_where_changes_led: the state of every row is the target of its last change
WITH last AS (SELECT DISTINCT ON (machine, row_id) machine, row_id, target
                FROM documents_statechange ORDER BY machine, row_id, id DESC),
     rows AS (SELECT 'call_off' AS machine, id AS row_id, state FROM procurement_calloff
              UNION ALL SELECT 'approval_step', id, state FROM procurement_approvalstep
              UNION ALL SELECT 'contract', id, state FROM contracts_contract
              UNION ALL SELECT 'milestone', id, state FROM contracts_milestone
              UNION ALL SELECT 'variation', id, state FROM contracts_variation
              UNION ALL SELECT 'change_request', id, state FROM contracts_changerequest
              UNION ALL SELECT 'service_credit', id, state FROM contracts_servicecredit
              UNION ALL SELECT 'invoice', id, state FROM contracts_invoice
              UNION ALL SELECT 'management_return', id, state FROM contracts_managementreturn
              UNION ALL SELECT 'contract_termination', id, state FROM contracts_termination
              UNION ALL SELECT 'redacted_copy', id, state FROM contracts_redactedcopy
              UNION ALL SELECT 'running_on', id, state FROM contracts_runningon
              UNION ALL SELECT 'transfer', id, state FROM contracts_transfer
              UNION ALL SELECT 'novation', id, state FROM contracts_novation
              UNION ALL SELECT 'document', id, state FROM documents_document
              UNION ALL SELECT 'accession', id, state FROM procurement_accession
              UNION ALL SELECT 'framework', id, state FROM catalogue_framework
              UNION ALL SELECT 'catalogue_release', id, state FROM catalogue_cataloguerelease)
SELECT machine, row_id, state, target
  FROM rows FULL JOIN last USING (machine, row_id) WHERE state IS DISTINCT FROM target;

-- 6 decisions_are_segregated: no decider or principal requested, submitted or edited it or decided in the same approval already, and no decider had declared a conflict of interest in it
SELECT d.id AS decision, d.approval_id, who.person_id
  FROM procurement_decision d
  JOIN procurement_approval a ON a.id = d.approval_id
  CROSS JOIN LATERAL (SELECT d.person_id UNION ALL SELECT d.principal_id WHERE d.principal_id IS NOT NULL) who
 WHERE who.person_id IN (a.requester_id, a.submitted_by) OR who.person_id = ANY(a.edited_by)
    OR EXISTS (SELECT 1 FROM procurement_decision o
                WHERE o.approval_id = d.approval_id AND o.id <> d.id
                  AND who.person_id IN (o.person_id, o.principal_id))
    OR EXISTS (SELECT 1 FROM procurement_recusal c
                WHERE (c.subject, c.subject_id, c.person_id) = (a.subject, a.subject_id, d.person_id)
                  AND c.declared_at <= d.decided_at);

-- 6 terminations_are_confirmed_by_another: who confirmed a termination of a contract, or for whom, did not propose it, and keeps out of no conflict in the order; one that is given was confirmed
SELECT t.id AS termination
  FROM contracts_termination t
  JOIN contracts_contract k ON k.id = t.contract_id
  JOIN procurement_calloffrevision r ON r.id = k.revision_id
  JOIN procurement_approval a ON a.id = r.approval_id
 WHERE t.confirmed_by IN (t.proposed_by, t.proposed_for) OR t.confirmed_for IN (t.proposed_by, t.proposed_for)
    OR t.state IN ('given', 'in_effect') AND t.confirmed_by IS NULL
    OR EXISTS (SELECT 1 FROM procurement_recusal d
                WHERE (d.subject, d.subject_id) = (a.subject, a.subject_id) AND d.person_id IN (t.confirmed_by, t.confirmed_for));

-- 6 transfers_are_agreed_by_another: who agreed to a transfer, or for whom, had no hand in it; one that was agreed to, and no draft, says by whom
SELECT t.id AS transfer, t.state
  FROM contracts_transfer t
 WHERE t.agreed_by = ANY(t.hands) OR t.agreed_for = ANY(t.hands) OR NOT t.prepared_by = ANY(t.hands)
    OR t.state IN ('agreed', 'applied') AND t.agreed_by IS NULL OR t.state = 'draft' AND t.agreed_by IS NOT NULL;

-- 6 withholding_is_decided_by_another: who decided what a published copy withholds, or for whom, did not propose it, and keeps out of no conflict in the order; one that was published was decided
SELECT c.id AS copy
  FROM contracts_redactedcopy c
  JOIN contracts_contract k ON k.id = c.contract_id
  JOIN procurement_calloffrevision r ON r.id = k.revision_id
  JOIN procurement_approval a ON a.id = r.approval_id
 WHERE c.decided_by IN (c.proposed_by, c.proposed_for) OR c.decided_for IN (c.proposed_by, c.proposed_for)
    OR c.state IN ('approved', 'published', 'replaced', 'taken_down') AND c.decided_by IS NULL
    OR EXISTS (SELECT 1 FROM procurement_recusal d
                WHERE (d.subject, d.subject_id) = (a.subject, a.subject_id) AND d.person_id IN (c.decided_by, c.decided_for));

-- 6 departments_are_administered_by_their_own: while somebody administers an organisation, they are of no other that is a supplier or an authority
SELECT h.id AS holding, p.organisation_id, u.email, g.organisation_id AS also_of
  FROM procurement_postholding h
  JOIN procurement_post p ON p.id = h.post_id AND p.code = 'administrator'
  JOIN procurement_user u ON u.id = h.user_id
  JOIN (SELECT user_id, content_object_id AS organisation_id, starts_on, ends_on FROM procurement_organisationgrant
        UNION ALL SELECT s.user_id, f.authority_id, s.starts_on, s.ends_on
                    FROM procurement_frameworkgrant s JOIN catalogue_framework f ON f.id = s.content_object_id) g
    ON g.user_id = h.user_id AND g.organisation_id <> p.organisation_id
   AND daterange(g.starts_on, g.ends_on, '[]') && daterange(h.starts_on, h.ends_on, '[]')
 WHERE g.organisation_id IN (SELECT supplier_id FROM catalogue_frameworksupplier
                             UNION SELECT authority_id FROM catalogue_framework);

-- 6 accessions_are_decided_by_others: who decided on an application, or their principal, wrote in none of the accession and is named in none; who approved had no part in the review
SELECT d.id AS decision, d.outcome, who.person_id
  FROM procurement_accessiondecision d
  JOIN procurement_application a ON a.id = d.application_id
  JOIN procurement_accession j ON j.id = a.accession_id
  CROSS JOIN LATERAL (SELECT d.person_id UNION ALL SELECT d.principal_id WHERE d.principal_id IS NOT NULL) who
 WHERE EXISTS (SELECT 1 FROM procurement_application o
                WHERE o.accession_id = j.id AND (o.submitted_by = who.person_id OR o.hands ? who.person_id::text))
    OR EXISTS (SELECT 1 FROM procurement_application o
                CROSS JOIN LATERAL jsonb_array_elements(o.people) named
                JOIN procurement_user u ON u.email = lower(named ->> 'email')
                WHERE o.accession_id = j.id AND u.person_id = who.person_id)
    OR (d.outcome = 'approved' AND (
           who.person_id IN (j.reviewer_id, j.reviewer_principal_id)
           OR EXISTS (SELECT 1 FROM procurement_accessiondecision r
                       WHERE r.application_id = a.id AND r.outcome = 'recommended'
                         AND who.person_id IN (r.person_id, r.principal_id))));

-- 6 suppliers_do_not_join: no accession is of a body that has a place as a supplier
SELECT a.id AS accession, a.state FROM procurement_accession a
 WHERE EXISTS (SELECT 1 FROM catalogue_frameworksupplier s WHERE s.supplier_id = a.department_id);

-- 7 approvals_say_what_was_submitted: a submitted order, and no draft, has its approval, with the people, the hands, the value, the lots and the hash of the order
SELECT r.id AS revision, r.approval_id
  FROM procurement_calloffrevision r
  JOIN procurement_calloff c ON c.id = r.call_off_id
  JOIN procurement_user u ON u.id = c.requester_id
  LEFT JOIN procurement_approval a ON a.id = r.approval_id
 WHERE (r.submitted_at IS NULL) <> (a.id IS NULL)
    OR a.id IS NOT NULL AND (
       (a.subject, a.subject_id, a.begun_at, a.framework_id, a.department_id, a.supplier_id, a.requester_id, a.submitted_by,
        a.submitted_at, a.content_hash, a.commits_gbp)
       IS DISTINCT FROM
       ('procurement.calloff', c.public_id::text, c.created_at, c.framework_id, c.department_id, c.supplier_id, u.person_id, r.submitted_by,
        r.submitted_at, r.revision_hash, r.whole_life_gbp)
       OR a.edited_by <> ARRAY(SELECT h.person_id FROM procurement_revisionhand h WHERE h.revision_id = r.id ORDER BY 1)
       OR a.lots <> ARRAY(SELECT DISTINCT s.lot::smallint
                            FROM procurement_calloffline l JOIN catalogue_serviceversion s ON s.id = l.service_id
                           WHERE l.revision_id = r.id ORDER BY 1));

-- 7 approvals_say_which_variation: a variation that is decided on has its approval, with the people, the hands, the value, what counts with it and the hash of it
SELECT v.id AS variation, v.approval_id
  FROM contracts_variation v
  JOIN contracts_contract k ON k.id = v.contract_id
  JOIN contracts_variationrevision r ON r.id = v.revision_id
  JOIN procurement_user u ON u.id = v.requester_id
  LEFT JOIN procurement_approval a ON a.id = v.approval_id
 WHERE v.state IN ('in_approval', 'awaiting_signatures', 'executed', 'applied')
   AND ((a.subject, a.subject_id, a.begun_at, a.framework_id, a.department_id, a.supplier_id, a.requester_id, a.content_hash,
         a.commits_gbp, a.route_gbp)
        IS DISTINCT FROM
        ('contracts.variation', v.public_id::text, v.created_at, k.framework_id, k.department_id, k.supplier_id, u.person_id,
         r.content_hash, CASE WHEN r.content::jsonb ->> 'schema' = '1' AND a.commits_gbp = r.value_gbp THEN r.value_gbp ELSE r.counted_gbp END, r.cumulative_gbp)
        OR a.edited_by <> ARRAY(SELECT h.person_id FROM contracts_variationhand h WHERE h.revision_id = r.id ORDER BY 1));

-- 7 decisions_repeat_the_hash: a decision is in its step's approval and repeats the hash of that
SELECT d.id AS decision, d.approval_id, s.approval_id AS of_step
  FROM procurement_decision d
  JOIN procurement_approvalstep s ON s.id = d.step_id
  JOIN procurement_approval a ON a.id = d.approval_id
 WHERE s.approval_id <> d.approval_id OR d.content_hash <> a.content_hash OR s.state <> 'decided';

-- 8 steps_stand_by_their_decisions: a step is decided exactly when it has a decision
SELECT s.id AS step, s.state, d.id AS decision
  FROM procurement_approvalstep s LEFT JOIN procurement_decision d ON d.step_id = s.id
 WHERE (s.state = 'decided') <> (d.id IS NOT NULL);

-- 8 past_approval_is_approved: past a side's approval, it had steps on the current revision, and each said its yes
SELECT c.id AS call_off, c.state, of.side, s.id AS step, s.state AS step_state
  FROM procurement_calloff c
  CROSS JOIN unnest(ARRAY['department', 'authority']) AS of(side)
  LEFT JOIN procurement_calloffrevision r ON r.id = c.revision_id
  LEFT JOIN procurement_approvalstep s ON s.approval_id = r.approval_id AND s.side = of.side
  LEFT JOIN procurement_decision d
    ON d.step_id = s.id AND d.outcome = CASE s.act WHEN 'commit' THEN 'committed' ELSE 'endorsed' END
 WHERE d.id IS NULL
   AND (c.state IN ('with_supplier', 'counter_proposed', 'confirmed', 'contracted', 'declined')
        OR (c.state = 'authority_approval' AND of.side = 'department'));

-- 8 variations_past_approval_are_approved: what the parties are asked to sign of a variation had steps on both sides, and each said its yes
SELECT v.id AS variation, v.state, of.side, s.id AS step, s.state AS step_state
  FROM contracts_variation v
  CROSS JOIN unnest(ARRAY['department', 'authority']) AS of(side)
  LEFT JOIN procurement_approvalstep s ON s.approval_id = v.approval_id AND s.side = of.side
  LEFT JOIN procurement_decision d
    ON d.step_id = s.id AND d.outcome = CASE s.act WHEN 'commit' THEN 'committed' ELSE 'endorsed' END
 WHERE d.id IS NULL AND v.state IN ('awaiting_signatures', 'executed', 'applied');

-- 8 awards_have_their_exceptions: past the authority's approval, each exception asked for was granted on that content
SELECT c.id AS call_off, c.state, e.service_code
  FROM procurement_calloff c
  JOIN procurement_calloffrevision r ON r.id = c.revision_id
  JOIN procurement_exceptionrequest e ON e.revision_id = r.id
  LEFT JOIN procurement_exceptiondecision d
    ON d.request_id = e.id AND d.outcome = 'granted' AND d.revision_hash = r.revision_hash
 WHERE c.state IN ('with_supplier', 'counter_proposed', 'confirmed', 'contracted') AND d.id IS NULL;

-- 9 contract_is_of_one_acceptance: a contract that stands has the accepted revision of its call-off, at its value
SELECT k.id AS contract, k.number, k.state, c.state AS call_off_state
  FROM contracts_contract k
  JOIN procurement_calloff c ON c.id = k.call_off_id
  JOIN procurement_calloffrevision r ON r.id = k.revision_id
 WHERE k.state <> 'void'
   AND (k.revision_id <> c.revision_id OR k.original_value_gbp <> r.whole_life_gbp
        OR c.state <> CASE WHEN k.state IN ('preparing', 'awaiting_signatures') THEN 'confirmed' ELSE 'contracted' END
        OR NOT EXISTS (SELECT 1 FROM documents_auditevent e
                        WHERE e.subject = 'procurement.calloff' AND e.subject_id = c.public_id::text
                          AND e.verb = 'call_off.confirmed' AND e.hash_shown = r.revision_hash));

-- 9 accepted_order_has_a_contract: an accepted or contracted call-off has one contract that is not void
SELECT c.id AS call_off, c.state
  FROM procurement_calloff c
 WHERE c.state IN ('confirmed', 'contracted')
   AND (SELECT count(*) FROM contracts_contract k WHERE k.call_off_id = c.id AND k.state <> 'void') <> 1;

-- 9 departments_pass_by_their_facts: a contract is of the department that its facts of passing led to from the one it was signed with, an order of the one that they led to, or that its content names where there are none, each fact beginning where the one before it ended
WITH things AS (
    SELECT 'contracts.contract' AS subject, k.public_id::text AS subject_id, k.department_id,
           (SELECT o.id FROM catalogue_organisation o WHERE o.code = k.parties -> 'department' ->> 'code') AS first
      FROM contracts_contract k
    UNION ALL
    SELECT 'procurement.calloff', c.public_id::text, c.department_id, o.id
      FROM procurement_calloff c
      LEFT JOIN procurement_calloffrevision r ON r.id = c.revision_id AND r.submitted_at IS NOT NULL
       AND NOT EXISTS (SELECT 1 FROM procurement_passing p WHERE (p.subject, p.subject_id) = ('procurement.calloff', c.public_id::text))
      LEFT JOIN catalogue_organisation o ON o.code = nullif(r.content, '')::jsonb -> 'parties' -> 'department' ->> 'code'),
passed AS (
    SELECT p.*, lag(p.receiving_id) OVER one_by_one AS was, row_number() OVER (PARTITION BY p.subject, p.subject_id ORDER BY p.id DESC) AS from_last
      FROM procurement_passing p WHERE p.subject IN ('contracts.contract', 'procurement.calloff')
    WINDOW one_by_one AS (PARTITION BY p.subject, p.subject_id ORDER BY p.id))
SELECT t.subject, t.subject_id, t.department_id, t.first
  FROM things t
  LEFT JOIN passed l ON (l.subject, l.subject_id) = (t.subject, t.subject_id) AND l.from_last = 1
 WHERE t.department_id <> coalesce(l.receiving_id, t.first, t.department_id)
    OR EXISTS (SELECT 1 FROM passed p WHERE (p.subject, p.subject_id) = (t.subject, t.subject_id) AND p.outgoing_id <> coalesce(p.was, t.first, p.outgoing_id))
UNION ALL
SELECT p.subject, p.subject_id, p.receiving_id, NULL FROM passed p
 WHERE NOT EXISTS (SELECT 1 FROM things t WHERE (t.subject, t.subject_id) = (p.subject, p.subject_id));

-- 9 transfers_keep_their_totals: a transfer that has taken effect, and no other, has moved what there was, as many contracts as it says and worth what it says before and after, each by its signed novation, or by the notice to its supplier where there was one
WITH moved AS (
    SELECT p.transfer, p.document_id AS by_document, k.id, k.state, k.supplier_id, k.original_value_gbp
      FROM procurement_passing p JOIN contracts_contract k ON k.public_id::text = p.subject_id
     WHERE p.subject = 'contracts.contract')
SELECT t.id AS transfer, t.state, t.value_before_gbp, t.value_after_gbp, s.*
  FROM contracts_transfer t
  CROSS JOIN LATERAL (
        SELECT count(*) AS contracts,
               coalesce(sum(m.original_value_gbp + coalesce((
                    SELECT sum(r.value_gbp) FROM contracts_variation v JOIN contracts_variationrevision r ON r.id = v.revision_id
                     WHERE v.contract_id = m.id AND v.executed_at <= t.applied_at), 0)), 0) AS worth,
               count(*) FILTER (WHERE m.by_document IS DISTINCT FROM CASE t.basis
                    WHEN 'order' THEN (SELECT n.document_id FROM contracts_transfernotice n WHERE n.transfer_id = t.id AND n.supplier_id = m.supplier_id)
                    ELSE (SELECT n.document_id FROM contracts_novation n WHERE n.transfer_id = t.id AND n.contract_id = m.id AND n.state = 'executed') END
                    AND NOT (m.by_document IS NULL AND m.state = 'closed')) AS otherwise
          FROM moved m WHERE m.transfer = t.number AND m.state <> 'void') s
 WHERE t.state <> 'applied' AND EXISTS (SELECT 1 FROM procurement_passing p WHERE p.transfer = t.number)
    OR t.state = 'applied' AND ((t.contracts_before, t.contracts_after, t.value_before_gbp, t.value_after_gbp)
                                IS DISTINCT FROM (s.contracts::int, s.contracts::int, s.worth, s.worth)
                                OR (t.reserved_before_gbp, t.committed_before_gbp) IS DISTINCT FROM (t.reserved_after_gbp, t.committed_after_gbp)
                                OR s.otherwise > 0)
UNION ALL
SELECT NULL, p.transfer, NULL, NULL, NULL, NULL, NULL FROM procurement_passing p
 WHERE NOT EXISTS (SELECT 1 FROM contracts_transfer t WHERE t.number = p.transfer
                      AND (t.outgoing_id, t.receiving_id, t.effective_on) = (p.outgoing_id, p.receiving_id, p.effective_on));

-- 9 memberships_are_carried_over: a membership that continues another's is of the body that this passed to, and a delegation that continues another is of the same kind and limit and no longer
SELECT a.id AS accession, NULL::bigint AS delegation
  FROM procurement_accession a JOIN procurement_accession w ON w.id = a.carried_from_id
 WHERE w.framework_id <> a.framework_id
    OR NOT EXISTS (SELECT 1 FROM procurement_passing p
                    WHERE (p.subject, p.subject_id) = ('procurement.accession', w.public_id::text)
                      AND (p.outgoing_id, p.receiving_id) = (w.department_id, a.department_id))
UNION ALL
SELECT NULL, d.id
  FROM procurement_delegation d JOIN procurement_delegation w ON w.id = d.carried_from_id
 WHERE (d.kind, d.limit_gbp, d.unlimited, d.framework_id, d.lot) IS DISTINCT FROM (w.kind, w.limit_gbp, w.unlimited, w.framework_id, w.lot)
    OR w.ends_on IS NULL OR d.starts_on <= w.ends_on AND w.starts_on < w.ends_on;

-- 9 notices_keep_their_period: a membership's last day was told at least three months before (clause 2.2 of the access agreement), and taken back, where it was, before that day
SELECT n.id AS notice, n.accession_id, n.last_day FROM procurement_membershipnotice n
 WHERE n.last_day < ((n.given_at AT TIME ZONE 'Europe/London')::date + interval '3 months')::date
    OR n.last_day <= (n.taken_back_at AT TIME ZONE 'Europe/London')::date;

-- 9 terms_begin_as_accepted: an executed contract, and no other, has terms, and its first version says what the accepted revision does
SELECT k.id AS contract, k.number, k.state
  FROM contracts_contract k
  LEFT JOIN contracts_contractversion v ON v.contract_id = k.id AND v.number = 1
 WHERE (k.executed_at IS NULL) <> (v.id IS NULL)
    OR v.id IS NOT NULL AND (
       (v.document_id, v.effective_from) IS DISTINCT FROM (k.document_id, k.starts_on)
       OR (SELECT jsonb_agg(jsonb_build_array(n.number, n.phase, n.service_id, n.site, c.quantity_change, c.unit_price_gbp, c.starts_on, c.ends_on) ORDER BY n.number)
             FROM contracts_linechange c JOIN contracts_contractline n ON n.id = c.line_id WHERE c.version_id = v.id)
          IS DISTINCT FROM
          (SELECT jsonb_agg(jsonb_build_array(l.number, l.phase, l.service_id, coalesce(s.name, ''), l.quantity, l.unit_price_gbp, l.starts_on,
                                              (l.starts_on + make_interval(months => l.months))::date - 1) ORDER BY l.number)
             FROM procurement_calloffline l LEFT JOIN procurement_revisionsite s ON s.id = l.site_id WHERE l.revision_id = k.revision_id));

-- 9 changes_are_of_their_contract: a change of a line is of the contract's own and not before its first day, says a price and a first day where the line begins, and leaves no quantity below zero
SELECT c.id AS change, v.contract_id, n.contract_id AS contract_of_line, c.left_over
  FROM (SELECT l.*, sum(l.quantity_change) OVER taken AS left_over, row_number() OVER taken AS place
          FROM contracts_linechange l JOIN contracts_contractversion w ON w.id = l.version_id
        WINDOW taken AS (PARTITION BY l.line_id ORDER BY w.effective_from, w.number)) c
  JOIN contracts_contractversion v ON v.id = c.version_id
  JOIN contracts_contractline n ON n.id = c.line_id
 WHERE v.contract_id <> n.contract_id OR c.left_over < 0
    OR v.effective_from < (SELECT k.starts_on FROM contracts_contract k WHERE k.id = v.contract_id)
    OR c.place = 1 AND (c.unit_price_gbp IS NULL OR c.starts_on IS NULL);

-- 9 milestones_are_as_accepted: an executed contract, and no other, has the milestones of the accepted order, with their criteria and payments
SELECT k.id AS contract, k.number
  FROM contracts_contract k
  JOIN procurement_calloffrevision r ON r.id = k.revision_id
 WHERE (SELECT jsonb_agg(jsonb_build_array('M' || m.number, m.title, m.planned_on, m.effect,
                (SELECT jsonb_agg(c.words ORDER BY c.number) FROM contracts_acceptancecriterion c WHERE c.milestone_id = m.id),
                (SELECT jsonb_agg(jsonb_build_array(v.code, p.percent, p.quantity, p.amount_gbp) ORDER BY p.id)
                   FROM contracts_paymentdue p JOIN contracts_contractline n ON n.id = p.line_id AND n.contract_id = k.id
                   JOIN catalogue_serviceversion v ON v.id = n.service_id WHERE p.milestone_id = m.id)) ORDER BY m.number)
          FROM contracts_milestone m WHERE m.contract_id = k.id)
       IS DISTINCT FROM
       (SELECT jsonb_agg(jsonb_build_array(m -> 'number', m -> 'title', m -> 'planned_on', coalesce(m ->> 'effect', ''), m -> 'criteria',
                (SELECT jsonb_agg(jsonb_build_array(p ->> 'service', (p ->> 'percent')::numeric, (p ->> 'quantity')::int,
                                                    (p ->> 'amount_gbp')::numeric) ORDER BY place)
                   FROM jsonb_array_elements(m -> 'payments') WITH ORDINALITY AS q(p, place))) ORDER BY substr(m ->> 'number', 2)::int)
          FROM jsonb_array_elements(r.content::jsonb -> 'milestones') m WHERE k.executed_at IS NOT NULL);

-- 9 accepted_milestones_are_certified: a milestone is accepted exactly when its last submission is, by who was shown it, on conditions until those are met; and each acceptance has its certificate
SELECT m.id AS milestone, m.state
  FROM contracts_milestone m
  LEFT JOIN LATERAL (SELECT * FROM contracts_milestonesubmission o WHERE o.milestone_id = m.id ORDER BY o.number DESC LIMIT 1) s ON true
  LEFT JOIN contracts_acceptancedecision d ON d.submission_id = s.id AND d.outcome <> 'met'
  LEFT JOIN contracts_acceptancedecision met ON met.submission_id = s.id AND met.outcome = 'met'
 WHERE CASE WHEN d.outcome = 'accepted' OR met.id IS NOT NULL THEN 'achieved' WHEN d.outcome = 'conditional' THEN 'conditional'
            WHEN s.id IS NOT NULL AND d.id IS NULL THEN 'submitted' WHEN m.state IN ('achieved', 'conditional', 'submitted') THEN '' ELSE m.state END <> m.state
    OR met.id IS NOT NULL AND d.outcome IS DISTINCT FROM 'conditional'
    OR d.shown_hash <> s.content_hash OR met.shown_hash <> s.content_hash
    OR d.outcome IN ('accepted', 'conditional') AND d.achieved_on IS DISTINCT FROM m.achieved_on
    OR EXISTS (SELECT 1 FROM contracts_acceptancedecision c LEFT JOIN documents_document p ON p.id = c.document_id
                WHERE c.submission_id = s.id AND c.outcome <> 'returned'
                  AND (p.number IS DISTINCT FROM c.number OR p.payload -> 'certificate' ->> 'number' IS DISTINCT FROM c.number));

-- 9 payments_fall_due_once: what has fallen due of a payment is never more than it, and all of it where the milestone is achieved
SELECT p.id AS payment, p.amount_gbp, r.released
  FROM contracts_paymentdue p
  JOIN contracts_milestone m ON m.id = p.milestone_id
  CROSS JOIN LATERAL (SELECT coalesce(sum(amount_gbp), 0) AS released FROM contracts_paymentrelease WHERE payment_id = p.id) r
 WHERE r.released > p.amount_gbp OR m.state = 'achieved' AND r.released <> p.amount_gbp
    OR m.state NOT IN ('achieved', 'conditional') AND r.released <> 0;

-- 9 no_day_is_charged_twice: where milestones have moved days, none is charged both for the interim and for the shared service
WITH spans AS (
    SELECT id AS version, contract_id, effective_from, number,
           CASE WHEN number = 1 THEN '-infinity' ELSE effective_from END AS begins,
           coalesce(lead(effective_from) OVER (PARTITION BY contract_id ORDER BY effective_from, number) - 1, 'infinity') AS ends
      FROM contracts_contractversion
     WHERE contract_id IN (SELECT contract_id FROM contracts_contractversion WHERE kind = 'milestone')),
days AS (
    SELECT s.version, s.contract_id, s.begins, s.ends, n.phase,
           (SELECT c.starts_on FROM contracts_linechange c JOIN contracts_contractversion w ON w.id = c.version_id
             WHERE c.line_id = n.id AND c.starts_on IS NOT NULL AND (w.effective_from, w.number) <= (s.effective_from, s.number)
             ORDER BY w.effective_from DESC, w.number DESC LIMIT 1) AS starts_on,
           (SELECT c.ends_on FROM contracts_linechange c JOIN contracts_contractversion w ON w.id = c.version_id
             WHERE c.line_id = n.id AND c.ends_on IS NOT NULL AND (w.effective_from, w.number) <= (s.effective_from, s.number)
             ORDER BY w.effective_from DESC, w.number DESC LIMIT 1) AS ends_on
      FROM spans s
      JOIN contracts_contractline n ON n.contract_id = s.contract_id AND n.phase IN ('interim', 'shared')
     WHERE 0 < (SELECT sum(c.quantity_change) FROM contracts_linechange c JOIN contracts_contractversion w ON w.id = c.version_id
                 WHERE c.line_id = n.id AND (w.effective_from, w.number) <= (s.effective_from, s.number)))
SELECT DISTINCT i.contract_id AS contract
  FROM days i JOIN days s ON s.version = i.version AND i.phase = 'interim' AND s.phase = 'shared'
 WHERE greatest(i.begins, i.starts_on, s.starts_on) <= least(i.ends, i.ends_on, s.ends_on);

-- 9 variations_are_in_the_terms: what an executed variation changes, and nothing else, is a change of the terms from its day on, by its document, as it was assessed
WITH varied AS (
    SELECT v.id, v.contract_id, v.document_id, r.effective_on, 'VAR-' || to_char(v.number, 'FM999900') AS label,
           (SELECT jsonb_agg(jsonb_build_array(l.phase, l.service_code, l.site, l.quantity_change) ORDER BY l.phase, l.service_code, l.site)
              FROM contracts_linevariation l WHERE l.revision_id = r.id) AS quantities
      FROM contracts_variation v JOIN contracts_variationrevision r ON r.id = v.revision_id
     WHERE v.state IN ('executed', 'applied')
       AND (r.extension_months IS NOT NULL OR EXISTS (SELECT 1 FROM contracts_linevariation l WHERE l.revision_id = r.id))),
changed AS (
    SELECT w.contract_id, w.document_id, w.effective_from, w.caused_by,
           (SELECT jsonb_agg(jsonb_build_array(q.phase, q.code, q.site, q.change) ORDER BY q.phase, q.code, q.site)
              FROM (SELECT n.phase, s.code, n.site, sum(c.quantity_change) AS change
                      FROM contracts_linechange c JOIN contracts_contractline n ON n.id = c.line_id
                      JOIN catalogue_serviceversion s ON s.id = n.service_id
                     WHERE c.version_id = w.id AND c.quantity_change <> 0 GROUP BY 1, 2, 3) q) AS quantities
      FROM contracts_contractversion w WHERE w.kind = 'variation')
SELECT v.id AS variation, w.document_id AS document
  FROM varied v FULL JOIN changed w ON w.document_id = v.document_id
 WHERE (v.contract_id, v.effective_on, v.label, v.quantities) IS DISTINCT FROM (w.contract_id, w.effective_from, w.caused_by, w.quantities);

-- 9 change_requests_are_in_the_terms: what an accepted change request moves, and nothing else, is a change of the terms from its day on, of the contract's own document
WITH asked AS (
    SELECT q.id, q.contract_id, q.effective_on, 'CR-' || to_char(q.number, 'FM999900') AS label, k.document_id,
           (SELECT jsonb_agg(jsonb_build_array(r.service_code, r.site, r.quantity_change) ORDER BY r.service_code, r.site)
              FROM contracts_requestedchange r WHERE r.request_id = q.id) AS quantities
      FROM contracts_changerequest q JOIN contracts_contract k ON k.id = q.contract_id WHERE q.state = 'accepted'),
moved AS (
    SELECT w.id, w.contract_id, w.document_id, w.effective_from, w.caused_by,
           (SELECT jsonb_agg(jsonb_build_array(q.code, q.site, q.change) ORDER BY q.code, q.site)
              FROM (SELECT s.code, n.site, sum(c.quantity_change) AS change
                      FROM contracts_linechange c JOIN contracts_contractline n ON n.id = c.line_id AND n.phase = 'shared'
                      JOIN catalogue_serviceversion s ON s.id = n.service_id
                     WHERE c.version_id = w.id AND c.quantity_change <> 0 GROUP BY 1, 2) q) AS quantities
      FROM contracts_contractversion w WHERE w.kind = 'change_request')
SELECT a.id AS change_request, m.id AS version
  FROM asked a FULL JOIN moved m ON m.contract_id = a.contract_id AND m.caused_by = a.label
 WHERE (a.effective_on, a.document_id, a.quantities) IS DISTINCT FROM (m.effective_from, m.document_id, m.quantities);

-- 9 change_requests_stay_inside: up to each accepted change request no more of a service had moved, up and down together, than the percentage of its units as signed by then, unless it only took back
WITH versions AS (
    SELECT w.id, w.contract_id, w.number, w.kind, w.effective_from, (nullif(r.content, '')::jsonb #>> '{framework,quantity_tolerance_percent}')::numeric AS percent
      FROM contracts_contractversion w JOIN contracts_contract k ON k.id = w.contract_id JOIN procurement_calloffrevision r ON r.id = k.revision_id),
changes AS (
    SELECT w.contract_id, w.number, w.kind, w.effective_from, s.code, n.site, c.quantity_change
      FROM versions w JOIN contracts_linechange c ON c.version_id = w.id
      JOIN contracts_contractline n ON n.id = c.line_id AND n.phase = 'shared'
      JOIN catalogue_serviceversion s ON s.id = n.service_id AND s.charge_type = 'recurring'
     WHERE c.quantity_change <> 0),
standing AS (
    SELECT w.id AS version, w.percent, own.code, signed.quantity AS signed, moved.now, moved.was
      FROM versions w
      CROSS JOIN LATERAL (SELECT DISTINCT code FROM changes c WHERE (c.contract_id, c.number) = (w.contract_id, w.number)) own
      CROSS JOIN LATERAL (
            SELECT coalesce(sum(c.quantity_change), 0) AS quantity FROM changes c
             WHERE c.contract_id = w.contract_id AND c.code = own.code AND c.kind <> 'change_request'
               AND c.number < w.number AND c.effective_from <= w.effective_from) signed
      CROSS JOIN LATERAL (
            SELECT coalesce(sum(abs(now)), 0) AS now, coalesce(sum(abs(was)), 0) AS was
              FROM (SELECT sum(c.quantity_change) AS now, coalesce(sum(c.quantity_change) FILTER (WHERE c.number < w.number), 0) AS was FROM changes c
                     WHERE c.contract_id = w.contract_id AND c.code = own.code AND c.kind = 'change_request'
                       AND c.number <= w.number AND c.effective_from <= w.effective_from GROUP BY c.site) a) moved
     WHERE w.kind = 'change_request')
SELECT version, code, signed, now FROM standing WHERE now > floor(percent * signed / 100) AND now > was;

-- 9 contracts_end_with_their_terms: the last day of a contract with terms is the last on which any of its lines stands, without what runs on after it, or the one before its notice of termination takes effect
WITH lasts AS (
    SELECT DISTINCT ON (c.line_id) n.contract_id, c.ends_on
      FROM contracts_linechange c JOIN contracts_contractline n ON n.id = c.line_id
      JOIN contracts_contractversion w ON w.id = c.version_id
     WHERE c.ends_on IS NOT NULL AND w.kind <> 'running_on' ORDER BY c.line_id, w.effective_from DESC, w.number DESC)
SELECT k.id AS contract, k.ends_on, l.last_day
  FROM contracts_contract k
  JOIN (SELECT contract_id, max(ends_on) AS last_day FROM lasts GROUP BY 1) l ON l.contract_id = k.id
  LEFT JOIN contracts_contractversion t ON t.contract_id = k.id AND t.kind = 'termination'
 WHERE k.ends_on <> coalesce(t.effective_from - 1, l.last_day);

-- 9 terminations_are_in_the_terms: a notice of termination that is in effect, and no other, is in the terms of its contract from its day on, by its document and with its break cost, and the contract is terminated
SELECT t.id AS termination, v.id AS version, k.state
  FROM (SELECT * FROM contracts_termination WHERE state = 'in_effect') t
  FULL JOIN (SELECT * FROM contracts_contractversion WHERE kind = 'termination') v ON v.document_id = t.document_id
  LEFT JOIN contracts_contract k ON k.id = coalesce(t.contract_id, v.contract_id)
 WHERE (t.contract_id, t.effective_on, t.notice, nullif(t.break_cost_gbp, 0)) IS DISTINCT FROM (v.contract_id, v.effective_from, v.caused_by, v.charge_gbp)
    OR k.state NOT IN ('terminated', 'closed')
    OR EXISTS (SELECT 1 FROM contracts_linechange c WHERE c.version_id = v.id);

-- 9 terminations_rest_on_their_contract: the service level or milestone that a termination rests on is of its contract, and the level was below its critical figure
SELECT t.id AS termination
  FROM contracts_termination t
  LEFT JOIN contracts_milestone m ON m.id = t.milestone_id
  LEFT JOIN contracts_calculatedlevel l ON l.id = t.level_id
  LEFT JOIN contracts_creditcalculation c ON c.id = l.calculation_id
 WHERE m.contract_id <> t.contract_id OR c.contract_id <> t.contract_id OR l.standing <> 'below_critical';

-- 9 ended_contracts_say_how: a contract is terminated by one notice that is in effect; one that expired has none; each that ended has its exit
SELECT k.id AS contract, k.state, e.notices
  FROM contracts_contract k
  CROSS JOIN LATERAL (SELECT count(*) AS notices FROM contracts_termination t WHERE t.contract_id = k.id AND t.state = 'in_effect') e
 WHERE k.state = 'terminated' AND e.notices <> 1 OR k.state <> 'terminated' AND k.state <> 'closed' AND e.notices > 0
    OR k.state IN ('expired', 'terminated', 'closed')
       AND NOT EXISTS (SELECT 1 FROM contracts_exit x JOIN contracts_exititem i ON i.exit_id = x.id WHERE x.contract_id = k.id);

-- 9 closed_contracts_are_done: of a closed contract every item of the exit is done or not needed for the end that it had, the return of the data is certified, and no milestone, credit, invoice or variation is open
SELECT k.id AS contract
  FROM contracts_contract k LEFT JOIN contracts_exit x ON x.contract_id = k.id LEFT JOIN documents_document d ON d.id = x.document_id
 WHERE k.state = 'closed'
   AND (EXISTS (SELECT 1 FROM contracts_exititem i WHERE i.exit_id = x.id
                   AND NOT EXISTS (SELECT 1 FROM contracts_exitact a WHERE a.item_id = i.id AND a.ends_on >= k.ends_on))
        OR d.state IS DISTINCT FROM 'complete'
           AND NOT EXISTS (SELECT 1 FROM contracts_exititem i JOIN contracts_exitact a ON a.item_id = i.id
                            WHERE i.exit_id = x.id AND i.code = 'data_return' AND a.kind = 'not_needed' AND a.ends_on >= k.ends_on)
        OR EXISTS (SELECT 1 FROM contracts_milestone m WHERE m.contract_id = k.id AND m.state NOT IN ('achieved', 'failed'))
        OR EXISTS (SELECT 1 FROM contracts_servicecredit s WHERE s.contract_id = k.id AND s.state IN ('calculated', 'notified', 'disputed', 'agreed'))
        OR EXISTS (SELECT 1 FROM contracts_invoice i WHERE i.contract_id = k.id AND i.state IN ('received', 'matched', 'queried', 'approved'))
        OR EXISTS (SELECT 1 FROM contracts_variation v WHERE v.contract_id = k.id AND v.state IN ('draft', 'assessed', 'in_approval', 'awaiting_signatures'))
        OR EXISTS (SELECT 1 FROM contracts_runningon o WHERE o.contract_id = k.id AND o.state = 'running'));

-- 9 what_runs_on_is_in_the_terms: what is recorded as running on, and nothing else, is in the terms from the day after the last day on, the same lines throughout, without a change of quantity or price, and once stopped until the day of the stop
SELECT k.id AS contract, o.id AS running_on
  FROM contracts_contract k
  LEFT JOIN contracts_runningon o ON o.contract_id = k.id
  CROSS JOIN LATERAL (
        SELECT count(DISTINCT v.id) AS versions, count(DISTINCT (SELECT string_agg(c.line_id::text, ',' ORDER BY c.line_id)
                                                                   FROM contracts_linechange c WHERE c.version_id = v.id)) AS selections,
               count(*) FILTER (WHERE v.effective_from <> k.ends_on + 1 OR v.document_id <> k.document_id OR l.quantity_change <> 0
                                   OR l.unit_price_gbp IS NOT NULL OR l.starts_on IS NOT NULL OR l.ends_on IS NULL) AS otherwise,
               (array_agg(l.ends_on ORDER BY v.number DESC))[1] AS until
          FROM contracts_contractversion v JOIN contracts_linechange l ON l.version_id = v.id
         WHERE v.contract_id = k.id AND v.kind = 'running_on') n
 WHERE (o.id IS NULL) <> (n.versions = 0) OR n.otherwise > 0 OR n.selections > 1
    OR o.state = 'stopped' AND n.until <> o.last_day OR o.id IS NOT NULL AND k.state NOT IN ('expired', 'closed');

-- 9 savings_are_kept: a contract with terms, and no other, has its savings, under its framework; they are computed, and count under its department, unless they are to be computed anew
SELECT c.id AS contract
  FROM contracts_contract c LEFT JOIN contracts_contractsavings s ON s.contract_id = c.id
 WHERE EXISTS (SELECT 1 FROM contracts_contractversion v WHERE v.contract_id = c.id) <> (s.id IS NOT NULL)
    OR s.framework_id <> c.framework_id
    OR NOT s.is_due AND (s.department_id <> c.department_id OR s.kept_at IS NULL);

-- 9 savings_are_summed: the months of a department are the sums of its contracts' months, each compared with the baseline stated last and rounded half-up, unless they are to be made anew
WITH newest AS (
    SELECT DISTINCT ON (a.framework_id, a.department_id) a.framework_id, a.department_id, b.id AS baseline, b.gbp_per_user_year
      FROM procurement_baseline b JOIN procurement_accession a ON a.id = b.accession_id
     ORDER BY a.framework_id, a.department_id, a.id DESC, b.number DESC),
sums AS (
    SELECT s.framework_id, s.department_id, m.month, sum(m.seat_days) AS seat_days, sum(m.charges_gbp) AS charges,
           sum(m.unassessed_gbp) AS unassessed, sum(m.fallen_gbp) AS fallen, sum(m.kg_before) AS kg_before, sum(m.kg) AS kg,
           sum(round(n.gbp_per_user_year * m.seat_days / (12 * m.days), 2)) AS baseline_gbp
      FROM contracts_monthsavings m JOIN contracts_contractsavings s ON s.id = m.of_id
      LEFT JOIN newest n USING (framework_id, department_id)
     GROUP BY 1, 2, 3),
kept AS (
    SELECT d.framework_id, d.department_id, m.month, m.seat_days, m.charges_gbp AS charges, m.unassessed_gbp AS unassessed,
           m.fallen_gbp AS fallen, m.kg_before, m.kg, m.baseline_gbp
      FROM contracts_departmentsavings d JOIN contracts_departmentmonth m ON m.of_id = d.id)
SELECT department_id AS department, month
  FROM sums FULL JOIN kept USING (framework_id, department_id, month)
  LEFT JOIN contracts_departmentsavings d USING (framework_id, department_id)
  LEFT JOIN newest n USING (framework_id, department_id)
 WHERE d.id IS NULL
    OR NOT d.is_due AND d.baseline_id IS NOT DISTINCT FROM n.baseline
       AND (sums.seat_days, sums.charges, sums.unassessed, sums.fallen, sums.kg_before, sums.kg, sums.baseline_gbp) IS DISTINCT FROM
           (kept.seat_days, kept.charges, kept.unassessed, kept.fallen, kept.kg_before, kept.kg, kept.baseline_gbp);

-- 9 statutory_notices_are_made: a contract under the Procurement Act that stands has its award notice, an executed one its details notice, an ended one its termination notice, and no other has them
SELECT k.id AS contract, k.state, n.kinds
  FROM contracts_contract k
  JOIN procurement_calloffrevision r ON r.id = k.revision_id
  CROSS JOIN LATERAL (SELECT coalesce(array_agg(s.kind::text ORDER BY s.kind), '{}') AS kinds FROM contracts_statutorynotice s
                       WHERE s.contract_id = k.id AND s.kind IN ('award', 'details', 'termination')) n
 WHERE k.state <> 'void'
   AND n.kinds IS DISTINCT FROM CASE
        WHEN nullif(r.content, '')::jsonb #>> '{framework,regime}' IS DISTINCT FROM 'PA2023' THEN '{}'::text[]
        WHEN k.executed_at IS NULL THEN ARRAY['award']
        WHEN k.state = 'executed' THEN ARRAY['award', 'details']
        ELSE ARRAY['award', 'details', 'termination'] END;

-- 9 statutory_notices_are_due: a details and a termination notice within thirty days beginning with the day that they are of, a year's ratings by its end, and the years of a contract follow each other from its signature
SELECT n.id AS notice, n.kind, n.due_on
  FROM contracts_statutorynotice n JOIN contracts_contract k ON k.id = n.contract_id
 WHERE n.kind = 'details' AND n.due_on <> k.signed_on + 29
    OR (n.kind = 'termination' OR n.is_last) AND n.due_on <> k.ends_on + 29
    OR n.is_last AND n.period_to <> k.ends_on
    OR n.kind = 'performance' AND NOT n.is_last
       AND (n.due_on <> n.period_to
            OR n.period_from <> coalesce((SELECT max(o.period_to) + 1 FROM contracts_statutorynotice o
                                           WHERE o.contract_id = n.contract_id AND o.kind = 'performance' AND NOT o.is_last
                                             AND o.period_from < n.period_from), k.signed_on));

-- 9 change_notices_are_of_their_variations: a variation whose share asks for a change notice has its duty, unless it was assessed before there were duties, and what is recorded of its publication is the same in both places
SELECT v.id AS variation, n.id AS notice
  FROM contracts_variation v
  JOIN contracts_contract k ON k.id = v.contract_id
  JOIN procurement_calloffrevision o ON o.id = k.revision_id AND nullif(o.content, '')::jsonb #>> '{framework,regime}' = 'PA2023'
  JOIN contracts_variationrevision r ON r.id = v.revision_id
  LEFT JOIN contracts_statutorynotice n ON n.variation_id = v.id
  LEFT JOIN contracts_noticepublication p ON p.notice_id = n.id
 WHERE r.notice_first AND n.id IS NULL AND nullif(r.content, '')::jsonb ->> 'schema' <> '1'
    OR n.id IS NOT NULL AND (v.change_notice, v.change_notice_on) IS DISTINCT FROM (coalesce(p.reference, ''), p.published_on);

-- 9 what_is_published_is_kept: what was published of a notice is the content that its hash is of, on a day no later than that of its record
SELECT p.id AS publication
  FROM contracts_noticepublication p
 WHERE encode(sha256(convert_to(p.content, 'UTF8')), 'hex') <> p.sha256
    OR p.published_on > (p.recorded_at AT TIME ZONE 'Europe/London')::date;

-- 6 ratings_are_confirmed_by_another: nobody confirmed ratings that they gave, nor for whom they were given, and of a notice the last alone; a performance notice that is published has confirmed ratings
SELECT n.id AS notice
  FROM contracts_statutorynotice n
  LEFT JOIN contracts_kpiround r ON r.notice_id = n.id
  LEFT JOIN contracts_kpiconfirmation c ON c.round_id = r.id
 WHERE c.confirmed_by IN (r.rated_by, r.rated_for) OR c.confirmed_for IN (r.rated_by, r.rated_for)
    OR c.id IS NOT NULL AND EXISTS (SELECT 1 FROM contracts_kpiround o WHERE o.notice_id = n.id AND o.number > r.number)
    OR n.kind = 'performance' AND EXISTS (SELECT 1 FROM contracts_noticepublication p WHERE p.notice_id = n.id)
       AND NOT EXISTS (SELECT 1 FROM contracts_kpiround o JOIN contracts_kpiconfirmation d ON d.round_id = o.id WHERE o.notice_id = n.id);

-- 21 ratings_are_whole: each round rates every key performance indicator that the contract was signed with, and no other
SELECT r.id AS round
  FROM contracts_kpiround r
  JOIN contracts_statutorynotice n ON n.id = r.notice_id
  JOIN contracts_contract k ON k.id = n.contract_id
  JOIN procurement_calloffrevision o ON o.id = k.revision_id
 WHERE ARRAY(SELECT m.measure_code::text FROM contracts_kpirating g JOIN catalogue_servicelevelmeasure m ON m.id = g.measure_id
              WHERE g.round_id = r.id ORDER BY 1)
       IS DISTINCT FROM
       ARRAY(SELECT l ->> 'measure_code' FROM jsonb_array_elements(nullif(o.content, '')::jsonb -> 'service_levels') l WHERE (l ->> 'kpi')::boolean ORDER BY 1);

-- 21 credits_are_calculated: a credit is the points missed as a percentage of its charges, and the credits of a month come to no more than the cap, which takes no more than is over
SELECT c.id AS calculation, c.cap_gbp, s.*
  FROM contracts_creditcalculation c
  CROSS JOIN LATERAL (
        SELECT coalesce(sum(l.credit_gbp), 0) AS whole, coalesce(sum(l.credit_gbp - l.cut_gbp), 0) AS payable,
               count(*) FILTER (WHERE l.credit_gbp <> round(l.base_gbp * l.points / 100, 2)) AS otherwise
          FROM contracts_calculatedlevel l WHERE l.calculation_id = c.id) s
 WHERE s.payable <> least(s.whole, c.cap_gbp) OR s.otherwise > 0 OR c.cap_gbp <> round(c.charges_gbp * c.cap_percent / 100, 2);

-- 21 credits_follow_calculations: a credit that stands comes to what the newest calculation of its month says of its measure; it is applied, and waived, by the act that says so and for that amount
SELECT s.id AS credit, s.state
  FROM contracts_servicecredit s
  JOIN contracts_calculatedlevel l ON l.id = s.level_id
  JOIN contracts_measurement m ON m.id = l.measurement_id
  JOIN contracts_creditcalculation c ON c.id = l.calculation_id
  LEFT JOIN contracts_creditact a ON a.credit_id = s.id AND a.kind IN ('applied', 'waived')
 WHERE s.state <> 'void' AND EXISTS (SELECT 1 FROM contracts_creditcalculation n
                                      WHERE n.contract_id = s.contract_id AND n.month = s.month AND n.number > c.number)
    OR (c.contract_id, c.month, m.measure_id) IS DISTINCT FROM (s.contract_id, s.month, s.measure_id)
    OR CASE WHEN s.state IN ('applied', 'waived') THEN s.state END IS DISTINCT FROM a.kind
    OR a.amount_gbp <> l.credit_gbp - l.cut_gbp;

-- 9 invoices_are_what_they_were_compared_with: one that is matched, approved or paid agrees with its newest comparison, or the department has taken it as it is, for no more than was due; another does not, or is disputed; it is approved by its approval and rejected by its rejection
SELECT i.id AS invoice, i.state
  FROM contracts_invoice i
  LEFT JOIN LATERAL (SELECT c.* FROM contracts_invoicecheck c WHERE c.invoice_id = i.id ORDER BY c.number DESC LIMIT 1) c ON true
  LEFT JOIN LATERAL (SELECT a.kind FROM contracts_invoiceact a
                      WHERE a.check_made_id = c.id AND a.kind IN ('disputed', 'settled') ORDER BY a.id DESC LIMIT 1) said ON true
 WHERE c.id IS NULL
    OR i.state IN ('matched', 'approved', 'paid')
       AND NOT coalesce(said.kind = 'settled' AND i.net_gbp <= c.net_gbp, (i.net_gbp, i.vat_gbp) = (c.net_gbp, c.vat_gbp))
    OR i.state = 'queried' AND coalesce(said.kind = 'settled', (i.net_gbp, i.vat_gbp) = (c.net_gbp, c.vat_gbp))
    OR (i.state IN ('approved', 'paid')) <> EXISTS (SELECT 1 FROM contracts_invoiceact a
                                                     WHERE a.invoice_id = i.id AND a.kind = 'approved' AND a.shown_hash = i.content_hash)
    OR (i.state = 'rejected') <> EXISTS (SELECT 1 FROM contracts_invoiceact a WHERE a.invoice_id = i.id AND a.kind = 'rejected');

-- 9 invoices_are_paid_by_their_payments: only what is approved is paid, up to what it asks, and it is paid exactly when all of it is
SELECT i.id AS invoice, i.state, p.paid
  FROM contracts_invoice i
  CROSS JOIN LATERAL (SELECT coalesce(sum(p.amount_gbp), 0) AS paid FROM contracts_invoicepayment p WHERE p.invoice_id = i.id) p
 WHERE (i.state = 'paid') <> (p.paid = i.gross_gbp) OR p.paid > i.gross_gbp OR p.paid > 0 AND i.state NOT IN ('approved', 'paid');

-- 9 months_are_invoiced_once: the invoices of a month that count, with the credits that came off them and what they took back of other months, ask for no more than was due for it
SELECT i.contract_id AS contract, i.month, sum(i.net_gbp + c.credits_gbp + c.overpaid_gbp) AS asked
  FROM contracts_invoice i
  JOIN LATERAL (SELECT c.* FROM contracts_invoicecheck c WHERE c.invoice_id = i.id ORDER BY c.number DESC LIMIT 1) c ON true
 WHERE i.state IN ('matched', 'approved', 'paid')
 GROUP BY 1, 2
HAVING sum(i.net_gbp + c.credits_gbp + c.overpaid_gbp) > max(c.services_gbp + c.milestones_gbp - c.delay_gbp);

-- 9 invoices_are_decided_by_others: nobody decides on an invoice that they recorded, or that was recorded for them
SELECT a.id AS act, a.invoice_id AS invoice
  FROM contracts_invoiceact a JOIN contracts_invoice i ON i.id = a.invoice_id
 WHERE i.recorded_by IN (a.person_id, a.principal_id) OR i.principal_id IN (a.person_id, a.principal_id);

-- 9 returns_are_declared_whole: a declared return has its declaration and one figure a line, explained where it is not the ledger's, with the levy of its percentage; an open one has neither
SELECT r.id AS return, r.state
  FROM contracts_managementreturn r
  LEFT JOIN contracts_declaration d ON d.return_of_id = r.id
  CROSS JOIN LATERAL (
        SELECT count(*) AS lines, count(f.id) AS figures,
               count(*) FILTER (WHERE f.declared_gbp <> l.charges_gbp AND f.explanation = ''
                                   OR f.levy_gbp <> round(f.declared_gbp * l.levy_percent / 100, 2)
                                   OR f.settlement_gbp <> 0 AND NOT l.is_last) AS wrong
          FROM contracts_returnline l LEFT JOIN contracts_declaredline f ON f.line_id = l.id WHERE l.return_of_id = r.id) s
 WHERE (r.state = 'declared') <> (d.id IS NOT NULL) OR s.lines = 0 OR s.wrong > 0
    OR s.figures <> CASE WHEN r.state = 'declared' THEN s.lines ELSE 0 END;

-- 9 notes_are_of_their_returns: a return asks for its levies less those of the one it corrects, by a note where that is not nothing; of no note is more paid than it asks
SELECT r.id AS return, n.number, s.asked, p.paid
  FROM contracts_managementreturn r
  LEFT JOIN contracts_managementreturn c ON c.id = r.corrects_id
  LEFT JOIN contracts_levynote n ON n.return_of_id = r.id
  CROSS JOIN LATERAL (
        SELECT coalesce(sum((f.levy_gbp + f.settlement_gbp) * CASE WHEN l.return_of_id = r.id THEN 1 ELSE -1 END), 0) AS asked
          FROM contracts_returnline l JOIN contracts_declaredline f ON f.line_id = l.id
         WHERE l.return_of_id IN (r.id, c.id)) s
  CROSS JOIN LATERAL (SELECT coalesce(sum(p.amount_gbp), 0) AS paid FROM contracts_levypayment p WHERE p.note_id = n.id) p
 WHERE r.state = 'declared' AND s.asked <> CASE WHEN n.kind = 'credit' THEN -n.amount_gbp ELSE coalesce(n.amount_gbp, 0) END
    OR r.state = 'open' AND n.id IS NOT NULL
    OR p.paid > CASE WHEN n.kind = 'credit' THEN 0 ELSE coalesce(n.amount_gbp, 0) END
    OR r.corrects_id IS NOT NULL
       AND (c.framework_id, c.supplier_id, c.month, c.number + 1) IS DISTINCT FROM (r.framework_id, r.supplier_id, r.month, r.number::int);

-- 9 last_returns_settle: where the newest declared return of a contract is of its last month or later, all its levies are the percentage of all that was declared, rounded once
SELECT l.contract_id AS contract, sum(f.levy_gbp + f.settlement_gbp) AS asked
  FROM contracts_returnline l
  JOIN contracts_declaredline f ON f.line_id = l.id
  JOIN contracts_managementreturn r ON r.id = l.return_of_id AND NOT EXISTS (SELECT 1 FROM contracts_managementreturn n WHERE n.corrects_id = r.id)
 GROUP BY 1
HAVING (array_agg(l.is_last ORDER BY f.id DESC))[1]
   AND sum(f.levy_gbp + f.settlement_gbp) <> round(sum(f.declared_gbp) * max(l.levy_percent) / 100, 2);

-- 9 prices_fell_for_everybody: from the month after the framework's volumes reached a band, no contract in force pays more for a line than that band's price, then or later, whatever the volumes became, but while that is being looked for and has not failed
WITH tables AS (
    SELECT t.id, t.code, r.framework_id FROM catalogue_bandtable t JOIN catalogue_cataloguerelease r ON r.id = t.release_id
     WHERE t.scope = 'framework'),
standing AS (
    SELECT framework_id, volume, effective_from AS day,
           sum(sum(quantity)) OVER (PARTITION BY framework_id, volume ORDER BY effective_from) AS quantity
      FROM procurement_volumeentry GROUP BY 1, 2, 3),
bands AS (
    SELECT t.id AS table_id, s.day, lead(s.day) OVER (PARTITION BY t.id ORDER BY s.day) AS until,
           (SELECT b.discount_percent FROM catalogue_priceband b
             WHERE b.table_id = t.id AND (b.from_quantity <= s.quantity OR b.from_quantity = 1)
             ORDER BY b.from_quantity DESC LIMIT 1) AS discount
      FROM tables t JOIN standing s ON s.framework_id = t.framework_id AND s.volume = t.code),
reached AS (
    SELECT k.id AS contract_id, b.table_id, b.discount,
           min(greatest(date_trunc('month', greatest(b.day, k.signed_on)) + interval '1 month', k.starts_on)::date) AS turn
      FROM contracts_contract k
      JOIN tables t ON t.framework_id = k.framework_id
      JOIN bands b ON b.table_id = t.id AND (b.until IS NULL OR b.until > k.signed_on)
     WHERE k.state = 'executed'
       AND k.ends_on >= (SELECT (e.at AT TIME ZONE 'Europe/London')::date FROM documents_auditevent e ORDER BY e.id DESC LIMIT 1)
     GROUP BY 1, 2, 3),
paid AS (
    SELECT p.*, lead(p.effective_from) OVER (PARTITION BY p.line ORDER BY p.effective_from) AS until,
           (SELECT max(e.ends_on) FROM contracts_linechange e WHERE e.line_id = p.line) AS ends_on
      FROM (SELECT DISTINCT ON (n.id, v.effective_from) n.contract_id, n.id AS line, n.service_id, v.effective_from,
                   c.unit_price_gbp AS price
              FROM contracts_contractline n
              JOIN contracts_linechange c ON c.line_id = n.id AND c.unit_price_gbp IS NOT NULL
              JOIN contracts_contractversion v ON v.id = c.version_id
             ORDER BY n.id, v.effective_from, v.number DESC) p)
SELECT DISTINCT p.line, p.contract_id AS contract, p.price, r.turn, r.discount
  FROM paid p
  JOIN contracts_contract k ON k.id = p.contract_id
  JOIN catalogue_serviceversion s ON s.id = p.service_id AND s.charge_type = 'recurring'
  JOIN catalogue_bandtable t ON t.release_id = s.release_id AND t.code = s.band_table
  JOIN reached r ON r.contract_id = p.contract_id AND r.table_id = t.id
 WHERE p.price > round(s.list_price_gbp * (100 - r.discount) / 100, 2)
   AND (p.until IS NULL OR p.until > r.turn) AND p.ends_on >= greatest(r.turn, p.effective_from)
   AND NOT EXISTS (
        SELECT 1 FROM documents_job j
         WHERE j.state IN ('queued', 'running') AND j.last_error = ''
           AND (j.task = 'contracts.find_falls' AND j.payload ->> 'framework' = k.framework_id::text
                OR j.task = 'contracts.rerate' AND j.payload ->> 'contract' = k.id::text));

-- 9 counter_proposals_become_what_they_say: an accepted one became the next revision with its lines, at the prices of that day
SELECT p.id AS counter_proposal, p.became_id, p.revision_id
  FROM procurement_counterproposal p
  JOIN procurement_calloffrevision r ON r.id = p.became_id
 WHERE r.previous_id IS DISTINCT FROM p.revision_id OR r.submitted_at IS DISTINCT FROM p.answered_at
    OR r.submitted_by IS DISTINCT FROM p.answered_by
    OR (SELECT jsonb_agg(jsonb_build_array(l -> 'number', l -> 'service', l -> 'quantity', l -> 'starts_on', l -> 'months') ORDER BY l -> 'number')
          FROM jsonb_array_elements(p.content::jsonb -> 'lines') l)
       IS DISTINCT FROM
       (SELECT jsonb_agg(jsonb_build_array(l -> 'number', l -> 'service', l -> 'quantity', l -> 'starts_on', l -> 'months') ORDER BY l -> 'number')
          FROM jsonb_array_elements(r.content::jsonb -> 'lines') l);

-- 10 numbers_are_without_gaps: the numbers given of a series and year are 1, 2, 3... up to what its counter says
SELECT series, year, n.last, given.how_many, given.highest
  FROM (SELECT split_part(number, '-', 1) AS series, split_part(number, '-', 2)::int AS year, count(*) AS how_many,
               max(split_part(number, '-', 3)::int) AS highest
          FROM (SELECT reference AS number FROM procurement_calloff WHERE reference IS NOT NULL
                UNION ALL SELECT number FROM contracts_contract
                UNION ALL SELECT caused_by FROM contracts_contractversion WHERE kind = 'rerating'
                UNION ALL SELECT number FROM contracts_acceptancedecision WHERE number IS NOT NULL
                UNION ALL SELECT notice FROM contracts_termination WHERE notice IS NOT NULL
                UNION ALL SELECT reference FROM contracts_redactedcopy WHERE reference IS NOT NULL
                UNION ALL SELECT number FROM contracts_exit WHERE number IS NOT NULL
                UNION ALL SELECT number FROM procurement_accession WHERE number IS NOT NULL
                UNION ALL SELECT number FROM contracts_transfer
                UNION ALL SELECT number FROM contracts_transfernotice
                UNION ALL SELECT number FROM contracts_levynote) numbers
         GROUP BY 1, 2) given
  FULL JOIN documents_numbercounter n USING (series, year)
 WHERE (given.how_many, given.highest) IS DISTINCT FROM (n.last, n.last);

-- 11 document_says_its_contract: the order frozen in a contract's document names the contract and its revision's hash
SELECT k.id AS contract, k.number, d.payload -> 'order' -> 'contract' AS in_document
  FROM contracts_contract k
  LEFT JOIN documents_document d ON d.id = k.document_id
  JOIN procurement_calloffrevision r ON r.id = k.revision_id
 WHERE d.number IS DISTINCT FROM k.number
    OR d.payload -> 'order' -> 'contract' ->> 'number' IS DISTINCT FROM k.number
    OR d.payload -> 'order' -> 'contract' ->> 'revision_hash' IS DISTINCT FROM r.revision_hash
    OR (d.payload -> 'order') - 'contract' IS DISTINCT FROM r.content::jsonb;

-- 11 published_copies_say_what_was_decided: the document of a published copy holds the content that was decided on, which lists what is withheld, and no word of why
SELECT c.id AS copy
  FROM contracts_redactedcopy c
  LEFT JOIN documents_document d ON d.id = c.document_id
 WHERE encode(sha256(convert_to(c.content, 'UTF8')), 'hex') <> c.content_hash
    OR d.id IS NOT NULL AND ((d.payload -> 'copy') - 'number' IS DISTINCT FROM c.content::jsonb
                             OR d.payload #>> '{copy,number}' IS DISTINCT FROM c.reference OR d.number IS DISTINCT FROM c.reference)
    OR (SELECT coalesce(jsonb_agg(jsonb_build_array(w.number, w.label, w.ground, w.until::text) ORDER BY w.number), '[]')
          FROM contracts_withheldfield w WHERE w.copy_id = c.id)
       IS DISTINCT FROM
       (SELECT coalesce(jsonb_agg(jsonb_build_array(l -> 'number', l -> 'what', l -> 'ground', l -> 'until') ORDER BY l -> 'number'), '[]')
          FROM jsonb_array_elements(c.content::jsonb -> 'withheld') l);

-- 12 document_revisions_are_a_chain: numbered 0, 1, 2..., each extends the one before it, in the order of the trade
SELECT v.id AS revision, v.document_id, v.number, v.purpose
  FROM documents_documentrevision v
  LEFT JOIN documents_documentrevision p ON p.id = v.previous_id
 WHERE (v.number = 0) <> (v.previous_id IS NULL)
    OR (v.number = 0) <> (v.purpose = 'draft')
    OR (v.number = 1) <> (v.purpose = 'issuing_seal')
    OR (v.number > 0 AND (p.document_id, p.number) IS DISTINCT FROM (v.document_id, v.number - 1))
    OR p.length >= v.length OR p.purpose = 'archive_timestamp';

-- 12 document_is_where_its_revisions_are: a document's state is what its newest revision says (a void one keeps its own)
SELECT d.id AS document, d.state, v.purpose
  FROM documents_document d
  LEFT JOIN LATERAL (SELECT purpose FROM documents_documentrevision
                      WHERE document_id = d.id ORDER BY number DESC LIMIT 1) v ON true
 WHERE d.state <> 'void'
   AND d.state <> CASE coalesce(v.purpose, '') WHEN '' THEN 'queued' WHEN 'draft' THEN 'drafted'
                       WHEN 'issuing_seal' THEN 'sealed' WHEN 'signature' THEN 'signing' ELSE 'complete' END;

-- 13 signatures_have_intents: each signature revision answers one earlier intent on the bytes it extends, once
SELECT v.id AS revision, v.document_id, s.id AS signature, i.field
  FROM documents_documentrevision v
  LEFT JOIN documents_signature s ON s.revision_id = v.id
  LEFT JOIN documents_signingintent i ON i.id = s.intent_id
  LEFT JOIN documents_documentrevision p ON p.id = v.previous_id
 WHERE (v.purpose = 'signature') <> (s.id IS NOT NULL)
    OR (s.id IS NOT NULL AND (i.document_id <> v.document_id OR i.base_sha256 <> p.sha256
                              OR i.created_at > s.signed_at));

-- 13 acts_are_of_expected_signers: each intent is in a field that a party of the document was expected to sign, by that party
SELECT i.id AS intent, i.document_id, i.field, i.identifier
  FROM documents_signingintent i JOIN documents_document d ON d.id = i.document_id
 WHERE NOT EXISTS (SELECT 1 FROM jsonb_array_elements(d.expected_signers) signer
                    WHERE signer ->> 'field' = i.field AND signer ->> 'identifier' = i.identifier);

-- 13 agreements_are_signed_by_others: nobody who wrote in, sent, reviewed or decided on an application signs its agreement
SELECT i.id AS intent, j.number, i.act ->> 'name' AS name
  FROM documents_signingintent i
  JOIN procurement_accession j ON j.document_id = i.document_id
  CROSS JOIN LATERAL (SELECT (i.act ->> 'person_id')::uuid AS person_id) who
 WHERE who.person_id IN (j.reviewer_id, j.reviewer_principal_id)
    OR EXISTS (SELECT 1 FROM procurement_application a
                WHERE a.accession_id = j.id AND (a.submitted_by = who.person_id OR a.hands ? who.person_id::text))
    OR EXISTS (SELECT 1 FROM procurement_accessiondecision d JOIN procurement_application a ON a.id = d.application_id
                WHERE a.accession_id = j.id AND who.person_id IN (d.person_id, d.principal_id));

-- 13 contracts_are_signed_by_others: nobody who requested or submitted an order, or had it submitted by their deputy, signs its contract or has it signed
SELECT i.id AS intent, k.number, i.act ->> 'name' AS name
  FROM documents_signingintent i
  JOIN contracts_contract k ON k.document_id = i.document_id
  JOIN procurement_calloffrevision r ON r.id = k.revision_id
  JOIN procurement_approval a ON a.id = r.approval_id
  LEFT JOIN procurement_delegation d ON d.id = (i.act ->> 'delegation')::bigint
  LEFT JOIN procurement_postholding h ON h.id = d.holding_id
  LEFT JOIN procurement_user p ON p.id = h.user_id
 WHERE (i.act ->> 'person_id')::uuid IN (a.requester_id, a.submitted_by, a.submitted_for)
    OR p.person_id IN (a.requester_id, a.submitted_by, a.submitted_for);

-- 13 documents_bar_who_may_not_sign: with a contract stand all whom it bars, who asked for the order and who keeps out of it; with an access agreement who wrote in, sent, reviewed or decided on the application
WITH barred AS (
    SELECT k.document_id, who.person_id, who.why
      FROM contracts_contract k
      JOIN procurement_calloffrevision r ON r.id = k.revision_id
      JOIN procurement_approval a ON a.id = r.approval_id
      CROSS JOIN LATERAL (
            VALUES (a.requester_id, 'asked'), (a.submitted_by, 'asked'), (a.submitted_for, 'asked')
            UNION SELECT c.person_id, 'recused' FROM procurement_recusal c WHERE (c.subject, c.subject_id) = (a.subject, a.subject_id)
           ) who(person_id, why)
    UNION
    SELECT j.document_id, who.person_id, 'involved'
      FROM procurement_accession j
      CROSS JOIN LATERAL (
            VALUES (j.reviewer_id), (j.reviewer_principal_id)
            UNION SELECT a.submitted_by FROM procurement_application a WHERE a.accession_id = j.id
            UNION SELECT hand::uuid FROM procurement_application a CROSS JOIN jsonb_array_elements_text(a.hands) hand
                   WHERE a.accession_id = j.id
            UNION SELECT unnest(ARRAY[d.person_id, d.principal_id])
                    FROM procurement_accessiondecision d JOIN procurement_application a ON a.id = d.application_id
                   WHERE a.accession_id = j.id) who(person_id))
SELECT document_id AS document, person_id, why
  FROM barred
 WHERE document_id IS NOT NULL AND person_id IS NOT NULL
   AND NOT EXISTS (SELECT 1 FROM procurement_signingbar b
                    WHERE (b.document_id, b.person_id, b.why) = (barred.document_id, barred.person_id, barred.why));

-- 13 variations_bar_who_may_not_sign: with the document of a variation stand all whom it bars: who asked for it, and who keeps out of it or of the order
SELECT v.id AS variation, who.person_id, who.why
  FROM contracts_variation v
  JOIN procurement_approval a ON a.id = v.approval_id
  JOIN contracts_contract k ON k.id = v.contract_id
  JOIN procurement_calloff o ON o.id = k.call_off_id
  CROSS JOIN LATERAL (
        VALUES (a.requester_id, 'asked'), (a.submitted_by, 'asked'), (a.submitted_for, 'asked')
        UNION SELECT c.person_id, 'recused' FROM procurement_recusal c
               WHERE (c.subject, c.subject_id) IN ((a.subject, a.subject_id), ('procurement.calloff', o.public_id::text))
       ) who(person_id, why)
 WHERE v.document_id IS NOT NULL AND who.person_id IS NOT NULL
   AND NOT EXISTS (SELECT 1 FROM procurement_signingbar b
                    WHERE (b.document_id, b.person_id, b.why) = (v.document_id, who.person_id, who.why));

-- 13 complete_documents_bear_every_signature: nothing is complete before each expected signer signed
SELECT d.id AS document, signer ->> 'field' AS missing
  FROM documents_document d CROSS JOIN LATERAL jsonb_array_elements(d.expected_signers) signer
 WHERE d.state = 'complete'
   AND NOT EXISTS (SELECT 1 FROM documents_signingintent i JOIN documents_signature s ON s.intent_id = i.id
                    WHERE i.document_id = d.id AND i.field = signer ->> 'field');

-- 14 changes_have_one_record: each change of state of a call-off, accession, contract, milestone, variation, change request, invoice, return, termination, published copy, what runs on, document or a release drafted here has one event, and the other way round
WITH subjects AS (SELECT 'call_off' AS machine, id AS row_id, 'procurement.calloff' AS subject, public_id::text AS subject_id
                    FROM procurement_calloff
                  UNION ALL SELECT 'accession', id, 'procurement.accession', public_id::text FROM procurement_accession
                  UNION ALL SELECT 'contract', id, 'contracts.contract', public_id::text FROM contracts_contract
                  UNION ALL SELECT 'milestone', id, 'contracts.milestone', public_id::text FROM contracts_milestone
                  UNION ALL SELECT 'variation', id, 'contracts.variation', public_id::text FROM contracts_variation
                  UNION ALL SELECT 'change_request', id, 'contracts.changerequest', public_id::text FROM contracts_changerequest
                  UNION ALL SELECT 'contract_termination', id, 'contracts.termination', public_id::text FROM contracts_termination
                  UNION ALL SELECT 'redacted_copy', id, 'contracts.redactedcopy', public_id::text FROM contracts_redactedcopy
                  UNION ALL SELECT 'running_on', id, 'contracts.runningon', public_id::text FROM contracts_runningon
                  UNION ALL SELECT 'transfer', id, 'contracts.transfer', public_id::text FROM contracts_transfer
                  UNION ALL SELECT 'novation', id, 'contracts.novation', public_id::text FROM contracts_novation
                  UNION ALL SELECT 'service_credit', s.id, 'contracts.servicecredit', k.number || '/SC' || s.number
                              FROM contracts_servicecredit s JOIN contracts_contract k ON k.id = s.contract_id
                  UNION ALL SELECT 'invoice', i.id, 'contracts.invoice', k.number || '/INV' || i.number
                              FROM contracts_invoice i JOIN contracts_contract k ON k.id = i.contract_id
                  UNION ALL SELECT 'management_return', id, 'contracts.managementreturn', public_id::text FROM contracts_managementreturn
                  UNION ALL SELECT 'catalogue_release', release_id, 'catalogue.cataloguerelease', release_id::text
                    FROM catalogue_releasedraft
                  UNION ALL SELECT 'document', id, 'documents.document', public_id::text FROM documents_document),
     changed AS (SELECT s.subject, s.subject_id, c.source, c.target, count(*) AS changes
                   FROM documents_statechange c JOIN subjects s USING (machine, row_id)
                  WHERE c.source <> c.target GROUP BY 1, 2, 3, 4),
     told AS (SELECT e.subject, e.subject_id, e.before AS source, e.after AS target, count(*) AS events
                FROM documents_auditevent e
               WHERE (e.subject, e.subject_id) IN (SELECT subject, subject_id FROM subjects) AND e.before <> e.after GROUP BY 1, 2, 3, 4)
SELECT subject, subject_id, source, target, coalesce(changes, 0) AS changes, coalesce(events, 0) AS events
  FROM changed FULL JOIN told USING (subject, subject_id, source, target)
 WHERE changes IS DISTINCT FROM events;

-- 16 acts_carry_who_acted: a system's act carries no person; a person's act carries one and where they did it from
SELECT id AS event, verb, actor_kind, actor_person_id
  FROM documents_auditevent
 WHERE (actor_kind = 'person') <> (actor_person_id IS NOT NULL)
    OR actor_words = '' OR channel = '' OR (actor_kind = 'person' AND session = '');

-- 17 facts_stay: what may only be added to has its trigger, and nobody but the owner may update, delete or truncate it
WITH granted AS (
    SELECT c.oid, c.relname AS facts, a.grantee::regrole, a.privilege_type
      FROM pg_class c
      CROSS JOIN LATERAL (
            SELECT (aclexplode(c.relacl)).*
            UNION ALL SELECT (aclexplode(k.attacl)).* FROM pg_attribute k WHERE k.attrelid = c.oid AND k.attacl IS NOT NULL) a
     WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND a.grantee <> c.relowner),
guarded AS (SELECT tgrelid AS oid FROM pg_trigger WHERE tgname = 'facts_stay' AND tgenabled <> 'D')
SELECT facts, grantee, privilege_type FROM granted
 WHERE oid IN (SELECT oid FROM guarded) AND privilege_type IN ('UPDATE', 'DELETE', 'TRUNCATE')
UNION ALL
SELECT facts, grantee, privilege_type FROM granted g
 WHERE privilege_type = 'INSERT' AND oid NOT IN (SELECT oid FROM guarded)
   AND NOT EXISTS (SELECT 1 FROM granted o
                    WHERE o.oid = g.oid AND o.grantee = g.grantee AND o.privilege_type IN ('UPDATE', 'DELETE'));

-- 20 kept_keys_have_answers: a form's key that was kept has the answer it was given
SELECT id AS idempotency_key, person_id FROM documents_idempotencykey WHERE location = '';

-- 20 ended_jobs_say_when: a job that ended, and only that, has the moment; a dead one says why
SELECT id AS job, task, state FROM documents_job
 WHERE (state IN ('done', 'dead')) <> (finished_at IS NOT NULL) OR (state = 'dead' AND last_error = '');

-- 23 route_is_of_the_sum: the value a route follows is what is committed, as an amount, and that of what is counted together with it
SELECT a.id AS approval, a.commits_gbp, a.route_gbp, s.counted
  FROM procurement_approval a
  CROSS JOIN LATERAL (
        SELECT coalesce(sum((o.one ->> 'whole_life_gbp')::numeric), 0) AS counted
          FROM jsonb_array_elements(a.counted_with) AS o(one)) s
 WHERE a.route_gbp <> abs(a.commits_gbp) + s.counted;

-- 23 commits_cover_the_sum: who committed held a delegation that covers what was counted together
SELECT d.id AS decision, a.route_gbp, g.limit_gbp
  FROM procurement_decision d
  JOIN procurement_approval a ON a.id = d.approval_id
  JOIN procurement_delegation g ON g.id = d.delegation_id
 WHERE d.outcome = 'committed' AND NOT g.unlimited AND g.limit_gbp < a.route_gbp;

-- 25 waiting_states_have_an_owner: what is with approvers has an open step; what a worker or the supplier owes is due
SELECT c.id AS call_off, c.state
  FROM procurement_calloff c
 WHERE (c.state IN ('department_approval', 'authority_approval')
        AND NOT EXISTS (SELECT 1 FROM procurement_calloffrevision r JOIN procurement_approvalstep s ON s.approval_id = r.approval_id
                         WHERE r.id = c.revision_id AND s.state = 'open'))
    OR (c.state = 'with_supplier' AND c.answer_due_at IS NULL AND NOT EXISTS (
           SELECT 1 FROM procurement_clarification q WHERE q.call_off_id = c.id AND q.answered_at IS NULL)
        AND NOT EXISTS (SELECT 1 FROM catalogue_framework f WHERE f.id = c.framework_id AND f.state = 'suspended'));

-- 25 variations_have_an_owner: one that is in approval has an open step; one that is to be signed has a document that lasts
SELECT v.id AS variation, v.state
  FROM contracts_variation v LEFT JOIN documents_document d ON d.id = v.document_id
 WHERE v.state = 'in_approval'
       AND NOT EXISTS (SELECT 1 FROM procurement_approvalstep s WHERE s.approval_id = v.approval_id AND s.state = 'open')
    OR v.state = 'awaiting_signatures' AND (d.id IS NULL OR d.state = 'void')
    OR v.state IN ('executed', 'applied') AND d.state IS DISTINCT FROM 'complete';

-- 25 counter_proposals_are_answered: one counter-proposal is open, of the revision awarded, exactly while the order says so
SELECT c.id AS call_off, c.state, open.how_many
  FROM procurement_calloff c
  CROSS JOIN LATERAL (
        SELECT count(*) AS how_many, count(*) FILTER (WHERE p.revision_id = c.revision_id) AS awarded
          FROM procurement_counterproposal p WHERE p.call_off_id = c.id AND p.answered_at IS NULL) open
 WHERE (open.how_many, open.awarded) IS DISTINCT FROM
       (CASE WHEN c.state = 'counter_proposed' THEN 1 ELSE 0 END, CASE WHEN c.state = 'counter_proposed' THEN 1 ELSE 0 END);

-- 25 clocks_stand_while_suspended: under a suspended framework no time to answer that was not over already runs
SELECT c.id AS call_off, c.answer_due_at
  FROM procurement_calloff c
  JOIN procurement_suspension s ON s.framework_id = c.framework_id AND s.ended_at IS NULL
 WHERE c.state = 'with_supplier' AND c.answer_due_at > s.suspended_at;

-- 14 frameworks_move_with_their_record: each change of state of a framework has one event, and the other way round
WITH moves AS (
    SELECT row_id::text AS framework, source, target, count(*) AS changes
      FROM documents_statechange WHERE machine = 'framework' AND source NOT IN ('', target) GROUP BY 1, 2, 3),
events AS (
    SELECT subject_id AS framework, before AS source, after AS target, count(*) AS events
      FROM documents_auditevent
     WHERE subject = 'catalogue.framework' AND before <> after
       AND before IN (SELECT source FROM documents_stateedge WHERE machine = 'framework' AND source <> '')
     GROUP BY 1, 2, 3)
SELECT framework::bigint, source, target, coalesce(changes, 0) AS changes, coalesce(events, 0) AS events
  FROM moves FULL JOIN events USING (framework, source, target)
 WHERE changes IS DISTINCT FROM events;

-- 25 unsent_messages_have_a_job: a message not held for a digest has the job that sends it, and is sent when that is done
SELECT e.id AS email, j.state
  FROM documents_email e LEFT JOIN documents_job j ON j.key = 'email:' || e.id
 WHERE (j.id IS NULL) <> (e.held_until IS NOT NULL) OR (j.state = 'done') <> (e.sent_at IS NOT NULL);

-- 25 documents_in_the_making_have_a_job: a document that is not sealed has the job that makes it, and one that nobody signs the job that goes on until it is complete
SELECT d.id AS document, d.number, d.state
  FROM documents_document d
 WHERE (d.state IN ('queued', 'drafted') OR d.state = 'sealed' AND d.expected_signers = '[]'::jsonb)
   AND NOT EXISTS (
        SELECT 1 FROM documents_job j
         WHERE j.key IN ('make:' || d.public_id, 'close:' || d.public_id) AND j.state IN ('queued', 'running'));
