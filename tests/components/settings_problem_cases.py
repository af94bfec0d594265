"""One configuration for each way of getting it wrong, and the line that tells of it."""

from typing import Any

from tests.settings_samples import NETWORK_ID, STORAGE_ID, small, two_vms, with_vm

UNPLANNED = {"mode": "unplanned"}


CASES: list[tuple[str, dict[str, Any], str]] = [
    (
        "a misspelt key",
        with_vm(failOver={}),
        "site-recovery:vms.sql01.failOver: failOver is not a setting; did you mean failover?",
    ),
    (
        "a key in the wrong place",
        with_vm(managedDisks=True),
        "site-recovery:vms.sql01.managedDisks: managedDisks is not a setting; did you mean target.managedDisks?",
    ),
    (
        "a misspelt value",
        with_vm(failover={"mode": "plannd"}),
        "site-recovery:vms.sql01.failover.mode: 'plannd' is not planned or unplanned; did you mean planned?",
    ),
    (
        "a number that is none of the few",
        small(policies={"every-5-minutes": {"replicationIntervalSeconds": 60}}),
        (
            "site-recovery:policies.every-5-minutes.replicationIntervalSeconds: 60 is not 30, 300 or 900; "
            "write 30, 300 or 900"
        ),
    ),
    (
        "a number out of range",
        small(policies={"every-5-minutes": {"recoveryPointHistoryHours": 25}}),
        "site-recovery:policies.every-5-minutes.recoveryPointHistoryHours: 25 is more than 24; write 24 or less",
    ),
    (
        "a boolean in quotes",
        with_vm(failover={"shutdownSource": "true"}),
        (
            "site-recovery:vms.sql01.failover.shutdownSource: 'true' is neither true nor false; "
            "write true or false, without quotes"
        ),
    ),
    (
        "a number where text is meant",
        with_vm(target={"size": 4}),
        "site-recovery:vms.sql01.target.size: 4 is not text; put it in quotes (pulumi config set --type string)",
    ),
    (
        "a list where text is meant",
        with_vm(site=["contoso-hyperv"]),
        'site-recovery:vms.sql01.site: ["contoso-hyperv"] is not text; write one text behind the key',
    ),
    (
        "a direction of somebody's own",
        with_vm(direction="toAzure"),
        (
            "site-recovery:vms.sql01.direction: 'toAzure' is not onPremisesToAzure or azureToOnPremises; write "
            "onPremisesToAzure (it runs on premises) or azureToOnPremises (it runs in Azure); every VM names its own"
        ),
    ),
    (
        "another version",
        small(version=2),
        "site-recovery:version: 2 is not 1; write 1",
    ),
    (
        "a subscription that is no GUID",
        small(target={"cloud": "azure", "subscriptionId": "prod", "tenantId": "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee"}),
        "site-recovery:target.subscriptionId: 'prod' is not a GUID; write it as 01234567-89ab-cdef-0123-456789abcdef",
    ),
    (
        "a vault name that the service refuses",
        small(vault={"name": "contoso_vault", "resourceGroup": "g", "location": "westeurope"}),
        (
            "site-recovery:vault.name: 'contoso_vault' is not a name that the service takes; use letters, digits and "
            "hyphens, at least two, starting and ending with a letter or digit"
        ),
    ),
    (
        "a direction that is missing",
        small(vms={"sql01": {"site": "contoso-hyperv", "policy": "every-5-minutes"}}),
        (
            "site-recovery:vms.sql01.direction: is missing; write onPremisesToAzure (it runs on premises) or "
            "azureToOnPremises (it runs in Azure); every VM names its own"
        ),
    ),
    (
        "a direction for all",
        small(defaults={"direction": "azureToOnPremises"}),
        (
            "site-recovery:defaults.direction: direction belongs to one VM; "
            "write it for each VM: site-recovery:vms.NAME.direction"
        ),
    ),
    (
        "an address for a whole tier",
        small(tiers={"gold": {"target": {"staticIp": "10.1.0.4"}}}),
        (
            "site-recovery:tiers.gold.target.staticIp: target.staticIp belongs to one VM; "
            "write it for each VM: site-recovery:vms.NAME.target.staticIp"
        ),
    ),
    (
        "a site that is not declared",
        with_vm(site="contoso-hyprev"),
        (
            "site-recovery:vms.sql01.site: 'contoso-hyprev' is not declared in site-recovery:sites; "
            "did you mean contoso-hyperv?"
        ),
    ),
    (
        "a VM without a policy",
        with_vm(policy=None),
        (
            "site-recovery:vms.sql01.policy: is missing; "
            "write it for the VM, in its tier or in defaults: known here: every-5-minutes"
        ),
    ),
    (
        "a tier that is not declared",
        with_vm(tier="gold"),
        "site-recovery:vms.sql01.tier: 'gold' is not declared in site-recovery:tiers; there is none",
    ),
    (
        "a network that is not declared",
        with_vm(target={"network": "vnett"}),
        "site-recovery:vms.sql01.target.network: 'vnett' is not declared in site-recovery:networks; did you mean vnet?",
    ),
    (
        "an id of another kind of thing",
        with_vm(target={"network": STORAGE_ID}),
        (
            f"site-recovery:vms.sql01.target.network: '{STORAGE_ID[:56]}... is not the ARM id of one of "
            "Microsoft.Network/virtualNetworks; write it in full: "
            "/subscriptions/SUBSCRIPTION/resourceGroups/GROUP/providers/Microsoft.Network/virtualNetworks/NAME"
        ),
    ),
    (
        "a subnet that is not declared",
        with_vm(target={"network": "vnet", "subnet": "date"}),
        "site-recovery:vms.sql01.target.subnet: 'date' is not a subnet of network vnet; did you mean data?",
    ),
    (
        "an address outside its subnet",
        with_vm(target={"network": "vnet", "subnet": "data", "staticIp": "10.1.1.4"}),
        (
            "site-recovery:vms.sql01.target.staticIp: '10.1.1.4' is outside subnet data (10.1.0.0/24); "
            "write one from 10.1.0.4 to 10.1.0.254"
        ),
    ),
    (
        "an address that Azure keeps",
        with_vm(target={"network": "vnet", "subnet": "data", "staticIp": "10.1.0.3"}),
        (
            "site-recovery:vms.sql01.target.staticIp: '10.1.0.3' is kept by Azure for itself in subnet data "
            "(10.1.0.0/24); write one from 10.1.0.4 to 10.1.0.254"
        ),
    ),
    (
        "an address without a subnet",
        with_vm(target={"network": NETWORK_ID, "staticIp": "10.1.0.4"}),
        "site-recovery:vms.sql01.target.staticIp: '10.1.0.4' has no subnet; write target.network and .subnet as well",
    ),
    (
        "an address used twice",
        two_vms(
            {"target": {"network": "vnet", "subnet": "data", "staticIp": "10.1.0.4"}},
            {"target": {"network": "vnet", "subnet": "data", "staticIp": "10.1.0.4"}},
        ),
        "site-recovery:vms.sql01.target.staticIp: '10.1.0.4' is the address of app01 as well; give each VM its own",
    ),
    (
        "an address used twice in one network, named once by its id",
        two_vms(
            {"target": {"network": "test", "subnet": "data", "staticIp": "10.9.0.4"}},
            {
                "target": {
                    "network": NETWORK_ID.upper().replace("/SUBSCRIPTIONS/", "/subscriptions/"),
                    "subnet": "data",
                    "staticIp": "10.9.0.4",
                }
            },
        ),
        "site-recovery:vms.sql01.target.staticIp: '10.9.0.4' is the address of app01 as well; give each VM its own",
    ),
    (
        "an address of a test failover used twice",
        two_vms(
            {"target": {"test": {"network": "test", "subnet": "data", "staticIp": "10.9.0.4"}}},
            {"target": {"test": {"network": "test", "subnet": "data", "staticIp": "10.9.0.4"}}},
        ),
        (
            "site-recovery:vms.sql01.target.test.staticIp: '10.9.0.4' is the address of app01 as well; "
            "give each VM its own"
        ),
    ),
    (
        "a name in Azure used twice",
        two_vms({"target": {"name": "APP01"}}, {}),
        (
            "site-recovery:vms.sql01.target.name: 'APP01' is the name of app01 in resource group contoso-dr as well; "
            "give one of the two another name or resource group"
        ),
    ),
    (
        "a VM id used twice",
        two_vms(
            {"source": {"vmId": "8f4c3c1e-6f0d-4b7e-9a55-0c1d2e3f4a5b"}},
            {"source": {"vmId": "8F4C3C1E-6F0D-4B7E-9A55-0C1D2E3F4A5B"}},
        ),
        "site-recovery:vms.sql01.source.vmId: is the id of app01 as well; declare the VM once",
    ),
    (
        "two names that differ in case alone",
        two_vms({}, {"target": {"name": "other"}}, name="SQL01"),
        "site-recovery:vms.SQL01: is 'sql01' but for upper and lower case; keep one of the two",
    ),
    (
        "a planned failover without shutting down",
        with_vm(failover={"shutdownSource": False}),
        (
            "site-recovery:vms.sql01.failover.shutdownSource: is false, but a planned failover always shuts the "
            "source down; write failover.mode: unplanned, or take this out"
        ),
    ),
    (
        "a planned failover from an older point",
        with_vm(failover={"recoveryPoint": "latestProcessed"}),
        (
            "site-recovery:vms.sql01.failover.recoveryPoint: is 'latestProcessed', but a planned failover sends the "
            "last changes and uses no older point; write failover.mode: unplanned, or take this out"
        ),
    ),
    (
        "a planned failover with another point after it",
        with_vm(failover={"changeRecoveryPoint": "latestProcessed"}),
        (
            "site-recovery:vms.sql01.failover.changeRecoveryPoint: is written, but a planned failover loses nothing "
            "and has no other recovery point; write failover.mode: unplanned, or take this out"
        ),
    ),
    (
        "application-consistent points that the policy does not take",
        small(policies={"every-5-minutes": {"appConsistentFrequencyHours": 0}})
        | {"defaults": {"failover": UNPLANNED | {"recoveryPoint": "latestAppConsistent"}}},
        (
            "site-recovery:defaults.failover.recoveryPoint: is latestAppConsistent, but policy every-5-minutes takes "
            "no application-consistent points; choose another point, or set the policy's appConsistentFrequencyHours"
        ),
    ),
    (
        "a recovery point at a time without a zone",
        with_vm(failover=UNPLANNED | {"recoveryPoint": "2026-11-23T10:00:00"}),
        (
            "site-recovery:vms.sql01.failover.recoveryPoint: '2026-11-23T10:00:00' is a time without a zone; "
            "add the zone: 2026-11-23T10:00:00Z or 2026-11-23T10:00:00+01:00"
        ),
    ),
    (
        "a failback that runs through and is completed by hand",
        with_vm(failback={"dataSync": "duringFailover", "completion": "manual"}),
        (
            "site-recovery:vms.sql01.failback.completion: says when the failover is completed, but dataSync: "
            "duringFailover runs through without a stop; write failback.dataSync: beforeFailover, or take this out"
        ),
    ),
    (
        "a host for a VM that is not to be made anew",
        with_vm(failback={"recoveryHost": "hv02"}),
        (
            "site-recovery:vms.sql01.failback.recoveryHost: is written, but recoveryVm is noAction: the VM is failed "
            "back to where it is; write failback.recoveryVm: create, or take this out"
        ),
    ),
    (
        "a failback that runs through and is held after synchronizing",
        with_vm(failback={"dataSync": "duringFailover"}, holdAfter="synchronize"),
        (
            "site-recovery:vms.sql01.holdAfter: is synchronize, but dataSync: duringFailover runs through without a "
            "stop; write failback.dataSync: beforeFailover, or take this out"
        ),
    ),
    (
        "a window that ends before it begins",
        with_vm(failback={"completion": {"window": {"from": "2026-11-24T04:00:00Z", "to": "2026-11-23T22:00:00Z"}}}),
        (
            "site-recovery:vms.sql01.failback.completion.window.to: the window ends (2026-11-23T22:00:00+00:00) "
            "before it begins (2026-11-24T04:00:00+00:00); write a later end"
        ),
    ),
    (
        "a hold after checks that are not declared",
        with_vm(holdAfter="verify"),
        (
            "site-recovery:vms.sql01.holdAfter: is verify, but no verification is declared; "
            "declare one, or hold after failover or completeFailover"
        ),
    ),
    (
        "a hold after checks of the other move alone",
        with_vm(holdAfter="verify", verification=[{"tcp": {"host": "10.0.0.4", "port": 1433}, "after": "failback"}]),
        (
            "site-recovery:vms.sql01.holdAfter: is verify, but no verification is declared after a failover; "
            "declare one, or hold after failover or completeFailover"
        ),
    ),
    (
        "a hold after a step that does not exist",
        with_vm(holdAfter="reverseReplication"),
        (
            "site-recovery:vms.sql01.holdAfter: 'reverseReplication' is not failover, changeRecoveryPoint, verify, "
            "commit, reprotect, synchronize, completeFailover or reverseReplicate; did you mean reverseReplicate?"
        ),
    ),
    (
        "a hold after a change of the recovery point that is not declared",
        with_vm(holdAfter="changeRecoveryPoint"),
        (
            "site-recovery:vms.sql01.holdAfter: is changeRecoveryPoint, but failover.changeRecoveryPoint is not "
            "written; write it, or hold after failover"
        ),
    ),
    (
        "a change to a recovery point that no change makes",
        with_vm(failover={"mode": "unplanned", "changeRecoveryPoint": "latest"}),
        (
            "site-recovery:vms.sql01.failover.changeRecoveryPoint: is latest, but a change starts from a point that "
            "exists: no new one is made for it; write latestProcessed, latestAppConsistent, the id of one, or a time "
            "with its zone"
        ),
    ),
    (
        "a check of two kinds",
        with_vm(verification=[{"tcp": {"host": "a", "port": 1}, "tls": {"host": "a"}}]),
        (
            "site-recovery:vms.sql01.verification[0]: holds tcp, tls; "
            "write exactly one of tcp, http, tls, command; one entry for each check"
        ),
    ),
    (
        "disks included and excluded",
        with_vm(source={"disks": {"include": ["a"], "exclude": ["b"]}}),
        (
            "site-recovery:vms.sql01.source.disks.exclude: is written beside include, which leaves out all others "
            "already; write one of the two"
        ),
    ),
    (
        "unmanaged disks without a place",
        with_vm(target={"managedDisks": False}),
        (
            "site-recovery:vms.sql01.target.managedDisks: is false, but there is no storageAccount to keep the disks "
            "in; write target.storageAccount, or managedDisks: true"
        ),
    ),
    (
        "a zone with unmanaged disks",
        with_vm(target={"managedDisks": False, "storageAccount": "contosodr", "zone": "1"}),
        (
            "site-recovery:vms.sql01.target.zone: is written, but managedDisks is false; "
            "write managedDisks: true, or take this out"
        ),
    ),
    (
        "a zone and an availability set",
        with_vm(
            target={
                "zone": "1",
                "availabilitySet": STORAGE_ID.replace("Storage/storageAccounts", "Compute/availabilitySets"),
            }
        ),
        (
            "site-recovery:vms.sql01.target.zone: is written beside availabilitySet: a VM is in a zone or in a set; "
            "write one of the two"
        ),
    ),
    (
        "a network neither made nor found",
        small(networks={"vnet": {}}),
        (
            "site-recovery:networks.vnet: neither refers to a network that exists (id) nor says how to make one "
            "(addressSpace); write one of the two"
        ),
    ),
    (
        "a network both made and found",
        small(networks={"vnet": {"id": NETWORK_ID, "addressSpace": ["10.1.0.0/16"]}}),
        (
            "site-recovery:networks.vnet: refers to a network that exists (id), and says how to make it "
            "(addressSpace); write one or the other"
        ),
    ),
    (
        "a subnet outside its network",
        small(networks={"vnet": {"addressSpace": ["10.1.0.0/16"], "subnets": {"data": {"prefix": "10.2.0.0/24"}}}}),
        (
            "site-recovery:networks.vnet.subnets.data.prefix: '10.2.0.0/24' is outside the network's addressSpace "
            "(10.1.0.0/16); write a part of it"
        ),
    ),
    (
        "subnets that overlap",
        small(
            networks={
                "vnet": {
                    "addressSpace": ["10.1.0.0/16"],
                    "subnets": {"data": {"prefix": "10.1.0.0/24"}, "apps": {"prefix": "10.1.0.128/25"}},
                }
            }
        ),
        (
            "site-recovery:networks.vnet.subnets.apps.prefix: '10.1.0.128/25' overlaps subnet data (10.1.0.0/24); "
            "write addresses apart"
        ),
    ),
    (
        "a storage account both made and found",
        small(storageAccounts={"contosodr": {"id": STORAGE_ID, "sku": "Standard_GRS"}}),
        (
            "site-recovery:storageAccounts.contosodr: refers to an account that exists (id), and says how to make it "
            "(sku); write one or the other"
        ),
    ),
    (
        "a mapping of a Hyper-V site",
        small(
            networkMappings={"data": {"vmmServer": "Contoso-HyperV", "sourceNetwork": "Data", "network": NETWORK_ID}}
        ),
        (
            "site-recovery:networkMappings.data.vmmServer: 'Contoso-HyperV' is a Hyper-V site, which has no networks "
            "to map: only a VMM server has; take the mapping out: VMs of a site come up in target.network"
        ),
    ),
    (
        "a shared vault that is not adopted",
        small(sharedStack="contoso/dr/shared"),
        (
            "site-recovery:sharedStack: takes the vault from another stack, but vault.adopt is false; "
            "write adopt: true in vault, or take sharedStack out"
        ),
    ),
    (
        "another vault to dismantle",
        small(dismantle={"vault": "contoso-vault", "confirm": "contoso-vaults"}),
        (
            "site-recovery:dismantle.confirm: 'contoso-vaults' is not the vault of this stack; "
            "write contoso-vault if it is to be dismantled"
        ),
    ),
    (
        "a freeze without a reason",
        small(freeze="true"),
        "site-recovery:freeze: 'true' is not a reason; write why, in a few words",
    ),
    (
        "a waiver of an unknown VM",
        small(waivers=[{"vm": "sql1", "code": "maxDataLoss", "reason": "r", "until": "2026-11-23T10:00:00Z"}]),
        "site-recovery:waivers[0].vm: 'sql1' is not declared in site-recovery:vms; did you mean sql01?",
    ),
    (
        "a waiver of an unknown blocker",
        small(waivers=[{"vm": "sql01", "code": "maxDataLos", "reason": "r", "until": "2026-11-23T10:00:00Z"}]),
        "site-recovery:waivers[0].code: 'maxDataLos' is not the code of a blocker; did you mean maxDataLoss?",
    ),
    (
        "a waiver of what cannot be waived",
        small(waivers=[{"vm": "sql01", "code": "bothRunning", "reason": "r", "until": "2026-11-23T10:00:00Z"}]),
        (
            "site-recovery:waivers[0].code: 'bothRunning' is a blocker that cannot be waived; take the waiver out, and "
            "do what the blocker asks for"
        ),
    ),
    (
        "an attestation without an end",
        small(attestations=[{"vm": "sql01", "what": "sourceOff", "by": "Ada"}]),
        "site-recovery:attestations[0].until: is missing; add until: valid until this time, with its zone",
    ),
    (
        "an attestation about a failover that its matter has nothing to do with",
        small(
            attestations=[
                {"vm": "sql01", "what": "noCheckpoints", "by": "Ada", "until": "2026-11-23T10:00:00Z"}
                | {"failoverJob": "0f1e2d3c-4b5a"}
            ]
        ),
        (
            "site-recovery:attestations[0].failoverJob: is written, but noCheckpoints is about no failover that was "
            "made; take it out, or write what: sourceOff"
        ),
    ),
    (
        "a VM name with a slash",
        two_vms({}, {}, name="app/01"),
        (
            "site-recovery:vms[\"app/01\"]: 'app/01' is not a name of a virtual machine; write it as Hyper-V shows "
            "it: at most 100 characters, none of \\ / : * ? < > | and no quotes, not starting with a space or "
            "hyphen, not ending with a space or full stop"
        ),
    ),
    (
        "a VM whose name Azure does not take",
        two_vms({}, {}, name="büro [alt]"),
        (
            "site-recovery:vms[\"büro [alt]\"].target.name: is not written, and 'büro [alt]' is not a name that an "
            "Azure VM can have; write the VM's name in Azure: use at most 63 letters, digits and hyphens, starting and "
            "ending with a letter or digit"
        ),
    ),
    (
        "a policy with the name of the one that sets a vault up",
        small(policies={"every-5-minutes": {}, "Pulumi-Site-Recovery-Set-Up": {"adopt": True}}),
        (
            "site-recovery:policies.Pulumi-Site-Recovery-Set-Up: is the name of the policy by which this project sets "
            "a vault up, and which it deletes again; choose another name"
        ),
    ),
    (
        "a map where a list is meant",
        with_vm(verification={"tcp": {"host": "a", "port": 1}}),
        (
            'site-recovery:vms.sql01.verification: {"tcp": {"host": "a", "port": 1}} is not a list; '
            "write it in brackets, or each on a line of its own with a hyphen"
        ),
    ),
    (
        "a text where settings are meant",
        small(vms={"sql01": "onPremisesToAzure"}),
        (
            "site-recovery:vms.sql01: 'onPremisesToAzure' is not a map of settings; "
            "write its settings as key: value, one a line below it"
        ),
    ),
    (
        "a second source of the target",
        small() | {"azure-native:subscriptionId": "x"},
        "azure-native:subscriptionId: is not read; take it out: site-recovery:target alone says where a stack works",
    ),
    (
        "a key of a misspelt namespace",
        small() | {"siterecovery:maxMoves": "2"},
        "siterecovery:maxMoves: is of namespace 'siterecovery'; did you mean site-recovery:maxMoves?",
    ),
]
